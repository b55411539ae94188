package dev.cria.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1.00 KiB",
        "1536, 1.50 KiB",
        "1073741824, 1.00 GiB",
        "123456789, 118 MiB"
    })
    void bytes(long bytes, String text) {
        assertThat(Units.bytes(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "7, 7",
        "9999, 9999",
        "10000, 10.0k",
        "15191712, 15.2M",
        "1100048384, 1.10G",
        "999600, 1.00M",
        "2.5, 2.50"
    })
    void counts(double count, String text) {
        assertThat(Units.count(count)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0s", "59, 59s", "60, 1m 00s", "3599, 59m 59s", "3600, 1h 00m", "90000, 1d 01h"})
    void durations(long seconds, String text) {
        assertThat(Units.duration(Duration.ofSeconds(seconds))).isEqualTo(text);
    }

    @Test
    void whatIsNoTimeIsUnknown() {
        assertThat(Units.seconds(Double.NaN)).isEqualTo("?");
        assertThat(Units.seconds(Double.POSITIVE_INFINITY)).isEqualTo("?");
        assertThat(Units.seconds(61.2)).isEqualTo("1m 01s");
    }
}
