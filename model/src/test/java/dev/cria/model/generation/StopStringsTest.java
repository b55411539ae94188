package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class StopStringsTest {
    @Test
    void holdsBackWhatMayBecomeAStop() {
        StopStrings stops = new StopStrings(List.of("</end>", "STOP"));
        assertThat(stops.accept("abc<")).isEqualTo("abc");
        assertThat(stops.accept("/en")).isEmpty();
        assertThat(stops.accept("x")).isEqualTo("</enx");
        assertThat(stops.accept(" S")).isEqualTo(" ");
        assertThat(stops.accept("TOP tail")).isEmpty();
        assertThat(stops.found()).isTrue();
        assertThat(stops.accept("more")).isEmpty();
        assertThat(stops.finish()).isEmpty();
    }

    @Test
    void givesBackWhatBecameNoStop() {
        StopStrings stops = new StopStrings(List.of("STOP"));
        assertThat(stops.accept("a STO")).isEqualTo("a ");
        assertThat(stops.finish()).isEqualTo("STO");
        assertThat(stops.found()).isFalse();
    }

    @Property
    void anyCutGivesTheTextUpToTheFirstStop(
            @ForAll @StringLength(max = 30) @CharRange(from = 'a', to = 'c') String text,
            @ForAll @Size(min = 1, max = 3)
                    List<@StringLength(min = 1, max = 4) @CharRange(from = 'a', to = 'c') String> list,
            @ForAll @IntRange(min = 1, max = 5) int piece) {
        StopStrings stops = new StopStrings(list);
        StringBuilder out = new StringBuilder();
        int first = list.stream()
                .mapToInt(text::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
        for (int from = 0; from < text.length(); from += piece) {
            out.append(stops.accept(text.substring(from, Math.min(text.length(), from + piece))));
        }
        out.append(stops.finish());
        assertThat(stops.found()).isEqualTo(first >= 0);
        if (first < 0) {
            assertThat(out.toString()).isEqualTo(text);
        } else {
            // A longer stop that begins earlier may be cut short by a shorter one that ends earlier.
            assertThat(text).startsWith(out.toString());
            assertThat(list.stream().noneMatch(out.toString()::contains)).isTrue();
        }
    }
}
