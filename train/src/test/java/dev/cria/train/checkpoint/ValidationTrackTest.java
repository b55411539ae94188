package dev.cria.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.JsonFiles;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ValidationTrackTest {
    @Test
    void aLossThatIsNoNumberIsNeverTheBest() {
        ValidationTrack track = ValidationTrack.NONE.after(5, Double.NaN).after(10, Double.NEGATIVE_INFINITY);
        assertThat(track.hasBest()).isFalse();
        assertThat(track.withoutImprovement()).isEqualTo(2);
        track = track.after(15, 3.5).after(20, Double.NaN);
        assertThat(track).isEqualTo(new ValidationTrack(20, 1, 15, 3.5));
    }

    @Test
    void anEqualLossIsNoImprovementAndAStepCountsOnce() {
        ValidationTrack track = ValidationTrack.NONE.after(1, 2.0).after(2, 2.0);
        assertThat(track).isEqualTo(new ValidationTrack(2, 1, 1, 2.0));
        assertThat(track.after(2, 1.0)).isEqualTo(track);
        assertThat(track.after(3, Math.nextDown(2.0)).bestStep()).isEqualTo(3);
    }

    @Test
    void goesThroughJsonToTheLastBit() {
        ValidationTrack track = new ValidationTrack(40, 2, 20, 0.1 + 0.2);
        assertThat(read(track)).isEqualTo(track);
        assertThat(read(new ValidationTrack(40, 3, 0, Double.POSITIVE_INFINITY)).hasBest())
                .isFalse();
        assertThat(read(ValidationTrack.NONE)).isEqualTo(ValidationTrack.NONE);
    }

    private static ValidationTrack read(ValidationTrack track) {
        ObjectNode json = JsonFiles.newObject();
        track.writeTo(json);
        return ValidationTrack.of((ObjectNode) new JsonMapper().readTree(json.toString()));
    }
}
