package dev.cria.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PythonTextTest {
    @Test
    void whiteSpaceIsPythons() {
        assertThat(PythonText.strip("\u001c\u00a0\u3000 a \u2007b\u0085\t")).isEqualTo("a \u2007b");
        assertThat(PythonText.strip("\u200ba\ufeff")).isEqualTo("\u200ba\ufeff");
        assertThat(PythonText.stripLeft("  a ")).isEqualTo("a ");
        assertThat(PythonText.words(" one\u00a0two\n\nthree ")).isEqualTo(List.of("one", "two", "three"));
        assertThat(PythonText.words(" \t")).isEmpty();
    }

    @Test
    void numbersAreThoseOfFloat() {
        for (String number :
                List.of("1", "+1.", ".5", "1_0.2_5e-1_0", " 7\n", "1e999", "-Infinity", "nAn", "٣٫".substring(0, 1))) {
            assertThat(PythonText.number(number)).as(number).isPresent();
        }
        for (String text : List.of("", ".", "1__0", "_1", "1_", "0x10", "1f", "1d", "1 2", "e5", "infin", "--1", "½")) {
            assertThat(PythonText.number(text)).as(text).isEmpty();
        }
    }

    @Test
    void numbersAreSpeltAsPythonDoes() {
        assertThat(
                        List.of(0.1, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, -2.5, 5e-324, 1.7976931348623157e308)
                                .stream()
                                .map(PythonText::repr))
                .containsExactly(
                        "0.1",
                        "1e+16",
                        "1000000000000000.0",
                        "1.2345678901234568e+17",
                        "0.0001",
                        "1e-05",
                        "-2.5",
                        "5e-324",
                        "1.7976931348623157e+308");
        assertThat(PythonText.repr(-0.0)).isEqualTo("-0.0");
        assertThat(PythonText.repr(Double.NaN)).isEqualTo("nan");
    }

    @Property(tries = 500)
    void aSpellingIsItsNumberAgain(@ForAll double value) {
        assertThat(PythonText.number(PythonText.repr(value))).hasValue(value);
    }
}
