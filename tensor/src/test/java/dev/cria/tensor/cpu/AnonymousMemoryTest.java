package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class AnonymousMemoryTest {
    @Test
    void isZeroedAlignedWritableAndGoneWithItsArena() {
        for (long bytes : new long[] {4, 4096, (2 << 20) - 4, 2 << 20, (6 << 20) + 4}) {
            MemorySegment segment;
            try (Arena arena = Arena.ofShared()) {
                segment = AnonymousMemory.allocate(arena, bytes, 64);
                assertThat(segment.byteSize()).isEqualTo(bytes);
                assertThat(segment.address() % 64).isZero();
                for (long at = 0; at + 4 <= bytes; at += 4092) {
                    assertThat(segment.get(ValueLayout.JAVA_INT, at)).isZero();
                }
                segment.set(ValueLayout.JAVA_INT, bytes - 4, 7);
                assertThat(segment.get(ValueLayout.JAVA_INT, bytes - 4)).isEqualTo(7);
            }
            MemorySegment closed = segment;
            assertThatThrownBy(() -> closed.get(ValueLayout.JAVA_INT, 0)).isInstanceOf(IllegalStateException.class);
        }
    }
}
