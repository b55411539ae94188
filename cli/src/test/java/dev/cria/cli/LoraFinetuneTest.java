package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.train.checkpoint.CheckpointStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRA from the command line: it learns, resumes, answers, and what it leaves can be chatted with. */
class LoraFinetuneTest {
    @TempDir
    private Path folder;

    @Test
    void learnsResumesAndChats() throws Exception {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            rows.add(
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"Tell me of cat %d.\"}, {\"role\": \"assistant\", \"content\": \"Cat %d is happy.\"}]}"
                            .formatted(i, i));
        }
        Path chats = Files.write(folder.resolve("chats.jsonl"), rows);
        Path run = folder.resolve("run");
        Path recipe = Files.writeString(
                folder.resolve("lora.yaml"), """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, samples: 1}
                lora: {rank: 4, targets: [q_proj, v_proj, down_proj], dropout: 0.05}
                training: {threads: 1, sequence_length: 128, micro_batch: 1, batch_sequences: 2, steps: 12}
                schedule: {peak: 2e-2, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {directory: '%s', every: 6, keep_last: 5}
                """.formatted(ReferenceData.require("golden/stories260k-hf"), chats, run));
        Cria.Result dry = Cria.run("finetune", recipe, "--dry-run");
        assertThat(dry.code()).as(dry.err()).isZero();
        assertThat(dry.out()).contains("parameters of an adapter");
        Cria.Result trained = Cria.run("finetune", recipe);
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(trained.err()).contains("assistant: ").contains("done: 12 steps");
        List<Double> losses = losses(run);
        assertThat(losses.getLast()).isLessThan(0.8 * losses.getFirst());
        Path newest = CheckpointStore.follow(run.resolve("checkpoints/latest")).orElseThrow();
        assertThat(newest.resolve("adapter_model.safetensors")).exists();
        Cria.Result again = Cria.run("finetune", recipe, "--resume", "--set", "lora.rank=8");
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err()).contains("lora is not what the checkpoint was trained with");
        Cria.Result resumed = Cria.run("finetune", recipe, "--resume");
        assertThat(resumed.code()).as(resumed.err()).isZero();
        Cria.Result chat = Cria.runWithInput("hello\n", "chat", "--model", run, "--max-tokens", 4, "--temperature", 0);
        assertThat(chat.code()).as(chat.err()).isZero();
    }

    private static List<Double> losses(Path run) throws Exception {
        List<Double> losses = new ArrayList<>();
        Matcher matcher = Pattern.compile("\"loss\":([0-9.]+)").matcher(Files.readString(run.resolve("metrics.jsonl")));
        while (matcher.find()) {
            losses.add(Double.valueOf(matcher.group(1)));
        }
        return losses;
    }
}
