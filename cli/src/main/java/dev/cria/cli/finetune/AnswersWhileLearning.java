package dev.cria.cli.finetune;

import dev.cria.base.UserError;
import dev.cria.cli.jobs.TrainingProgress;
import dev.cria.data.chat.Conversation;
import dev.cria.model.LlamaModel;
import dev.cria.model.api.Llama;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.text.ChatMessage;
import dev.cria.train.TrainListener;
import dev.cria.train.TrainingPlan;
import dev.cria.train.TrainingResult;
import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.metrics.ValidationMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The display of a run that learns from conversations: that of any run, and at each checkpoint the model's answers, by greedy decoding, to the
 * first questions of a few conversations that it does not learn from.
 */
public final class AnswersWhileLearning implements TrainListener {
    private static final int ANSWER_TOKENS = 64;
    private static final int SHOWN = 240;

    private final TrainingProgress progress;
    private final List<Conversation> examples = new ArrayList<>();

    public AnswersWhileLearning(TrainingProgress progress) {
        this.progress = progress;
    }

    @Override
    public void onCheckpoint(long step, Path directory, Duration took) {
        progress.onCheckpoint(step, directory, took);
    }

    @Override
    public void onLearnt(long step, LlamaModel model) {
        if (examples.isEmpty()) {
            return;
        }
        try (Llama llama = Llama.sharing(model)) {
            for (Conversation example : examples) {
                answer(llama, example.messages());
            }
        } catch (UserError e) { // an example that does not fit ends no run
            progress.onWarning("no sample conversations: " + e.getMessage());
        }
    }

    private void answer(Llama llama, List<ChatMessage> messages) {
        ChatMessage first = messages.getFirst();
        boolean system = first.role().equals("system");
        String question = messages.get(system ? 1 : 0).content();
        try (dev.cria.model.api.Conversation chat = system ? llama.chat(first.content()) : llama.chat()) {
            String answer = chat.say(question, GenerationOptions.greedy(ANSWER_TOKENS), _ -> {})
                    .text();
            progress.onNotice("  user: " + line(question));
            progress.onNotice("  assistant: " + line(answer));
        }
    }

    private static String line(String text) {
        String line = text.strip().replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
    }

    @Override
    public void onExamples(List<Conversation> given) {
        examples.addAll(given);
    }

    @Override
    public void onReading(long rows, double share) {
        progress.onReading(rows, share);
    }

    @Override
    public void onPlan(TrainingPlan plan) {
        progress.onPlan(plan);
    }

    @Override
    public void onNotice(String sentence) {
        progress.onNotice(sentence);
    }

    @Override
    public void onReference(long done, long pairs, Duration remaining) {
        progress.onReference(done, pairs, remaining);
    }

    @Override
    public void onResume(long step, Path checkpoint) {
        progress.onResume(step, checkpoint);
    }

    @Override
    public void onStep(StepMetrics metrics, Duration remaining) {
        progress.onStep(metrics, remaining);
    }

    @Override
    public void onValidation(ValidationMetrics metrics) {
        progress.onValidation(metrics);
    }

    @Override
    public void onEvaluation(EvaluationMetrics metrics) {
        progress.onEvaluation(metrics);
    }

    @Override
    public void onEarlyStop(String sentence) {
        progress.onEarlyStop(sentence);
    }

    @Override
    public void onWarning(String sentence) {
        progress.onWarning(sentence);
    }

    @Override
    public void onDone(TrainingResult result) {
        progress.onDone(result);
    }
}
