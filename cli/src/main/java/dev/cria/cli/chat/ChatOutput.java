package dev.cria.cli.chat;

import dev.cria.base.UserError;

/** Where answers and remarks go. */
interface ChatOutput {
    /** The model has so many tokens to read before it can speak. */
    void reading(int tokens);

    /** A piece of an answer. */
    void text(String piece);

    /** The answer is complete. */
    void answered(Reply reply);

    /** What a command has to say. */
    void say(String lines);

    /** A remark on what happened. */
    void notice(String sentence);

    /** A command or message that could not be carried out. */
    void refuse(UserError error);
}
