package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.train.recipe.Recipe;
import picocli.CommandLine.Command;

/** {@code cria finetune}: teaches a model from conversations. */
@Command(
        name = "finetune",
        header = "Teach a model to converse, by a recipe.",
        description = {
            "Reads conversations (JSON Lines, JSON or Parquet; messages, ShareGPT, Alpaca or Guanaco), writes them by the model's chat template, and trains on what the assistant says. Prints the plan and what was left out of the data, then trains; each checkpoint is a Hugging Face model folder with its chat template, and answers a few questions. Stopping and --resume work as in pretrain."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria finetune recipes/chat-sft.yaml --preview 3       what is trained on (set apart), and what is masked",
            "  cria finetune recipes/chat-sft.yaml --dry-run",
            "  cria finetune recipes/chat-sft.yaml --set model.from=runs/quickstart/model --set chat.template=zephyr",
            "  cria finetune recipes/chat-sft.yaml --resume"
        })
final class FinetuneCommand extends ConversationCommand {
    FinetuneCommand(Console console) {
        super(console);
    }

    @Override
    void require(Recipe recipe) {
        if (recipe.chat().isEmpty()) {
            throw new UserError(
                    "this recipe has no chat section",
                    "see recipes/chat-sft.yaml; `cria pretrain` runs recipes on prepared tokens");
        }
        if (recipe.align().isPresent()) {
            throw new UserError(
                    "this recipe has an align section: it learns from preference pairs", "`cria align` runs it");
        }
    }
}
