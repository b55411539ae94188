package dev.cria.eval.metric;

/** pass@k: how probable it is that at least one of k samples is right. */
public final class PassAtK {
    private PassAtK() {}

    /**
     * The unbiased estimate 1 − C(n−c, k) / C(n, k) from n samples of which c are right (Chen et al., 2021, arXiv 2107.03374), as a product,
     * so that no binomial coefficient overflows.
     *
     * @throws IllegalArgumentException where there are fewer than k samples
     */
    public static double of(int tried, int passed, int k) {
        if (k < 1 || tried < k || passed < 0 || passed > tried) {
            throw new IllegalArgumentException("pass@" + k + " of " + tried + " samples, " + passed + " passed");
        }
        if (tried - passed < k) {
            return 1;
        }
        double noneRight = 1;
        for (int i = tried - passed + 1; i <= tried; i++) {
            noneRight *= 1 - (double) k / i;
        }
        return 1 - noneRight;
    }
}
