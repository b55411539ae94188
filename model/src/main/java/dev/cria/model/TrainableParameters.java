package dev.cria.model;

import dev.cria.tensor.Tensor;
import java.util.Set;

/**
 * What an optimiser moves: parameters in one flat float32 tensor, with named views of it. Gradients and moments have the same layout. What
 * lies between the parts of the flat tensor is zero and stays zero, so that sums over it are sums over the parameters.
 */
public interface TrainableParameters {
    /** Everything, one dimension. */
    Tensor flat();

    /** The matrices as one flat range, on which weights decay. */
    Tensor matrices();

    /** The norm weights as one flat range; may be empty. */
    Tensor vectors();

    /** The names under which files hold the parameters, in model order. */
    Set<String> names();

    /**
     * The view of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    Tensor tensor(String name);

    /** The same layout in other memory. @param flat of as many elements as {@link #flat} */
    TrainableParameters over(Tensor flat);
}
