package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SpikeWatchTest {
    @Test
    void callsNothingASpikeBeforeItKnowsWhatIsNormal() {
        SpikeWatch watch = new SpikeWatch(2);
        assertThat(watch.isSpike(1e9)).isFalse();
        DoubleStream.iterate(3, x -> x).limit(SpikeWatch.MINIMUM).forEach(watch::accept);
        assertThat(watch.isSpike(4.9)).isFalse();
        assertThat(watch.isSpike(5.1)).isTrue();
        assertThat(new SpikeWatch(0).isSpike(1e9)).isFalse();
    }

    @Test
    void aFallingLossRaisesNoAlarm() {
        SpikeWatch watch = new SpikeWatch(1);
        for (int i = 0; i < 1000; i++) {
            double loss = 2 + 8 * Math.exp(-i / 100.0);
            assertThat(watch.isSpike(loss)).isFalse();
            watch.accept(loss);
        }
        assertThat(watch.isSpike(3.5)).isTrue();
    }

    @Test
    void aRestoredWindowDecidesTheSame() {
        SpikeWatch watch = new SpikeWatch(1);
        for (int i = 0; i < 777; i++) {
            watch.accept(i % 13);
        }
        SpikeWatch restored = new SpikeWatch(1);
        restored.restore(watch.window());
        assertThat(restored.window()).isEqualTo(watch.window()).hasSize(SpikeWatch.WINDOW);
        assertThat(restored.median()).isEqualTo(watch.median());
        watch.accept(99);
        restored.accept(99);
        assertThat(restored.window()).isEqualTo(watch.window());
    }
}
