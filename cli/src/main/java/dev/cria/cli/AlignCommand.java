package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.train.recipe.Recipe;
import picocli.CommandLine.Command;

/** {@code cria align}: teaches a chat model which answers are preferred. */
@Command(
        name = "align",
        header = "Teach a chat model which answers are preferred, by a recipe (DPO).",
        description = {
            "Reads preference pairs (JSON Lines, JSON or Parquet; prompt, chosen and rejected as texts or messages, UltraFeedback, HH-RLHF), writes them by the model's chat template, asks the starting model once what it thinks of each answer, and trains by DPO, IPO or a hinge: the chosen answer is to gain on the rejected one. Each checkpoint is a Hugging Face model folder. Stopping and --resume work as in pretrain."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria align recipes/chat-dpo.yaml --preview 3          which tokens are scored (set apart)",
            "  cria align recipes/chat-dpo.yaml --dry-run",
            "  cria align recipes/chat-dpo.yaml --set model.from=runs/chat-sft --set data.0.path=pairs.jsonl",
            "  cria align recipes/chat-dpo.yaml --set align.loss=ipo --set align.beta=0.2",
            "  cria align recipes/chat-dpo.yaml --resume"
        })
final class AlignCommand extends ConversationCommand {
    AlignCommand(Console console) {
        super(console);
    }

    @Override
    void require(Recipe recipe) {
        if (recipe.align().isEmpty()) {
            throw new UserError(
                    "this recipe has no align section",
                    recipe.chat().isPresent()
                            ? "`cria finetune` runs recipes for conversations; for preference pairs see recipes/chat-dpo.yaml"
                            : "see recipes/chat-dpo.yaml");
        }
    }
}
