package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvCellsTest {
    /** Made-up columns, and what pandas printed for them. */
    @ParameterizedTest
    @CsvSource(delimiter = '>', ignoreLeadingAndTrailingWhitespace = false, textBlock = """
            1|2|30>1|2|30
            1|NA|3>1.0|nan|3.0
            1.50|2|3e3>1.5|2.0|3000.0
            01|002|3>1|2|3
            True|FALSE|true>True|False|True
            True|NA|False>True|nan|False
            a|NA|None>a|nan|nan
            null|nan|N/A>nan|nan|nan
             5|6 |7>5|6|7
            1,000|2|3>1,000|2|3
            1/2|3|4>1/2|3|4
            +5|-6|7>5|-6|7
            inf|1|-Infinity>inf|1.0|-inf
            0x10|1|2>0x10|1|2
            1_000|2|3>1_000|2|3
            99999999999999999999|01|2>99999999999999999999|01|2
            12345678901234567890|1|2>12345678901234567890|1|2
            1e400|1|2>inf|1.0|2.0
            5.|1|.5>5.0|1.0|0.5
            TRUE|yes|no>TRUE|yes|no
            1e-7|1e22|123456789.125>1e-07|1e+22|123456789.125
            NaN|1.5|2>nan|1.5|2.0
            #N/A| NA|NA >nan| NA|NA\s
            ٣|1|2>٣|1|2
            1 |2|x>1 |2|x
            -|1|2>-|1|2
            1e5|1E5|1e+05>100000.0|100000.0|100000.0
            """)
    void columnsAreSpeltAsPandasDoes(String cells, String printed) {
        assertThat(CsvCells.column(List.of(cells.split("\\|")))).containsExactly(printed.split("\\|"));
    }
}
