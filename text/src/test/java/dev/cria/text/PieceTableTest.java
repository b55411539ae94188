package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PieceTableTest {
    /** Different texts of one hash: each letter pair may be Aa or BB. */
    private static List<String> ofOneHash(int pairs) {
        List<String> texts = new ArrayList<>();
        for (int bits = 0; bits < 1 << pairs; bits++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < pairs; i++) {
                text.append((bits >> i & 1) == 0 ? "Aa" : "BB");
            }
            texts.add(text.toString());
        }
        return texts;
    }

    private static void check(List<String> pieces) {
        PieceTable table = new PieceTable(pieces);
        assertThat(table.duplicate()).isEqualTo(-1);
        for (int id = 0; id < pieces.size(); id++) {
            String piece = pieces.get(id);
            assertThat(table.find(piece)).isEqualTo(id);
            String around = "x" + piece + "y";
            assertThat(table.find(around, 1, around.length() - 1, piece.hashCode()))
                    .isEqualTo(id);
            int cut = piece.length() / 2;
            int power = 1;
            for (int i = cut; i < piece.length(); i++) {
                power *= 31;
            }
            assertThat(table.find(piece.substring(0, cut), piece.substring(cut), power))
                    .isEqualTo(id);
            assertThat(table.find(piece + "\u0000")).isEqualTo(-1);
        }
    }

    @Test
    void findsWholeAndPartsAndHalves() {
        Random random = new Random(1);
        List<String> pieces = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            pieces.add(Integer.toString(i, 36) + "\u00e9\ud83d\ude00".substring(random.nextInt(3)));
        }
        check(pieces);
        check(List.of("a"));
    }

    @Timeout(20)
    @Test
    void hashesThatSomebodyMadeEqualCostNoTime() {
        check(ofOneHash(4));
        List<String> many = ofOneHash(15);
        check(many);
        many.add(many.get(77));
        many.add(many.get(78));
        assertThat(new PieceTable(many).duplicate()).isEqualTo(1 << 15);
    }

    @Test
    void theFirstOfEqualPiecesCountsAndEmptyOnesDoNot() {
        PieceTable table = new PieceTable(List.of("a", "", "b", "a", "b", ""));
        assertThat(table.find("a")).isZero();
        assertThat(table.find("b")).isEqualTo(2);
        assertThat(table.find("")).isEqualTo(-1);
        assertThat(table.duplicate()).isEqualTo(3);
    }
}
