package dev.cria.cli.chat;

/** Where the user's words come from. */
interface ChatInput {
    /** Something the user did. */
    sealed interface Event {
        /** A message or a command, of one or more lines. */
        record Typed(String text) implements Event {}

        /** Ctrl-C where nothing was running. */
        record Interrupted() implements Event {}

        /** There will be nothing more. */
        record End() implements Event {}
    }

    /** Waits for the user. */
    Event read();

    /** Whether the user has pressed Ctrl-C since {@link #working} was last called with true. */
    boolean stopped();

    /** An answer is being made (true), or it is the user's turn again (false). */
    void working(boolean busy);
}
