package dev.cria.data.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConversationStoreTest {
    @Test
    void givesBackWhatWasAddedInAnyOrder() {
        Random random = new Random(4);
        List<EncodedConversation> all = new ArrayList<>();
        ConversationStore store = new ConversationStore();
        for (int i = 0; i < 3000; i++) {
            EncodedConversation each = conversation(random, i % 5 == 0 ? 1 << 20 : 1 << 16);
            all.add(each);
            store.add(each);
        }
        // One that is larger than the largest block of memory.
        EncodedConversation giant =
                new EncodedConversation(random.ints(20 << 20, 0, 70_000).toArray(), new BitSet());
        giant.trained().set(5, 9 << 20);
        all.add(giant);
        store.add(giant);
        assertThat(store).hasSize(all.size());
        for (int i = all.size() - 1; i >= 0; i--) {
            assertThat(store.get(i).ids()).isEqualTo(all.get(i).ids());
            assertThat(store.get(i).trained()).isEqualTo(all.get(i).trained());
        }
        assertThat(store.tokens())
                .isEqualTo(all.stream().mapToLong(EncodedConversation::length).sum());
        assertThat(store.trainedTokens())
                .isEqualTo(all.stream()
                        .mapToLong(each -> each.trained().cardinality())
                        .sum());
        assertThat(EncodedConversation.fingerprint(store.stream()))
                .isEqualTo(EncodedConversation.fingerprint(all.stream()));
    }

    @Test
    void theLastCanBeTakenOut() {
        ConversationStore store = new ConversationStore();
        Random random = new Random(5);
        EncodedConversation first = conversation(random, 100);
        EncodedConversation second = conversation(random, 100);
        store.add(first);
        store.add(second);
        assertThat(store.removeLast().ids()).isEqualTo(second.ids());
        assertThat(store).hasSize(1);
        assertThat(store.tokens()).isEqualTo(first.length());
        store.add(second);
        assertThat(store.get(1).ids()).isEqualTo(second.ids());
        assertThatThrownBy(() -> store.get(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static EncodedConversation conversation(Random random, int vocabulary) {
        int[] ids = random.ints(2 + random.nextInt(300), 0, vocabulary).toArray();
        BitSet trained = new BitSet();
        for (int i = 1; i < ids.length; i++) {
            trained.set(i, random.nextInt(4) > 0);
        }
        return new EncodedConversation(ids, trained);
    }
}
