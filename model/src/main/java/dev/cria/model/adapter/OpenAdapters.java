package dev.cria.model.adapter;

import dev.cria.model.LlamaConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The adapters of a plan, opened for its base. */
final class OpenAdapters implements AutoCloseable {
    private final List<Adapter> opened = new ArrayList<>();
    private final List<WeightedAdapter> weighted = new ArrayList<>();

    private OpenAdapters() {}

    /** Opens them; notices hears what is odd. Errors as {@link Adapter#open}. */
    static OpenAdapters of(AdapterPlan plan, LlamaConfig base, Consumer<String> notices) {
        OpenAdapters adapters = new OpenAdapters();
        boolean whole = false;
        try {
            for (AdapterChoice choice : plan.adapters()) {
                adapters.add(choice, base);
                adapters.opened.getLast().noticeFor(plan.base()).ifPresent(notices);
            }
            whole = true;
            return adapters;
        } finally {
            if (!whole) {
                adapters.close();
            }
        }
    }

    @SuppressWarnings("MustBeClosedChecker")
    private void add(AdapterChoice choice, LlamaConfig base) {
        Adapter adapter = Adapter.open(choice.directory(), base);
        opened.add(adapter);
        weighted.add(new WeightedAdapter(adapter.weights(), choice.weight()));
    }

    List<WeightedAdapter> weighted() {
        return weighted;
    }

    @Override
    public void close() {
        opened.forEach(Adapter::close);
    }
}
