package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** What a hub's refusals mean for the user, and which of them may pass. */
final class HubErrors {
    private final HubSettings settings;
    private final PullRequest request;

    HubErrors(HubSettings settings, PullRequest request) {
        this.settings = settings;
        this.request = request;
    }

    /**
     * Lets answers of success pass.
     *
     * @param subject what was asked for
     * @throws RetryableException if the server is busy or broken
     * @throws UserError if it refuses
     */
    void check(HubAnswer answer, String subject) throws IOException {
        int status = answer.status();
        if (status >= 200 && status < 300) {
            return;
        }
        answer.close();
        if (status == 408 || status == 425 || status == 429 || status >= 500) {
            String why =
                    status == 429 ? "the hub has had too many requests (429)" : "the server fails (" + status + ")";
            throw new RetryableException(why, retryAfter(answer.headers(), Instant.now()));
        }
        throw refusal(answer, subject);
    }

    private UserError refusal(HubAnswer answer, String subject) {
        int status = answer.status();
        String model = request.name().model();
        String code = answer.headers().firstValue("X-Error-Code").orElse("");
        String hub = settings.endpoint().getHost();
        if (code.equals("GatedRepo") || status == 403) {
            return new UserError(
                    model + " is gated: " + hub + " does not give it to "
                            + (settings.token().isPresent() ? "this account" : "somebody unknown") + " (" + status
                            + ")",
                    "accept its licence on its page (" + settings.endpoint() + "/"
                            + request.name().kind().address() + model
                            + "), then set HF_TOKEN to a token of that account");
        }
        if (status == 401) {
            return settings.token().isPresent()
                    ? new UserError(
                            hub + " does not accept the token, or has no " + model + " (401)",
                            "check HF_TOKEN (or the token file) and the name")
                    : new UserError(
                            hub + " has no " + model + " for somebody unknown (401)",
                            "check the spelling; if it is private or gated, accept its licence on its page and set HF_TOKEN");
        }
        if (status == 404) {
            return missing(code, subject, model, hub);
        }
        return UserError.failed(
                hub + " refuses " + subject + " with status " + status, "try again later, or another --endpoint");
    }

    private UserError missing(String code, String subject, String model, String hub) {
        boolean main = request.revision().equals(PullRequest.MAIN);
        if (code.equals("RevisionNotFound") || code.isEmpty() && !main && subject.equals(model)) {
            return new UserError(
                    model + " has no revision '" + RepositoryPaths.printable(request.revision()) + "' (404)",
                    "give a branch, tag or commit of it, or leave --revision out");
        }
        if (code.equals("EntryNotFound") || !subject.equals(model)) {
            return new UserError(subject + " is not there (404)", "look at the files on the page of " + model);
        }
        return new UserError(
                hub + " has no " + request.name().kind().noun() + " " + model + " (404)",
                "check the spelling, capitals too; give ORG/NAME as its page shows it");
    }

    /** How long the server asks to wait: seconds, or a date. */
    static Optional<Duration> retryAfter(HttpHeaders headers, Instant now) {
        String text = headers.firstValue("Retry-After").orElse("").strip();
        if (text.matches("\\d{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
        }
        try {
            Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            return Optional.of(until.isBefore(now) ? Duration.ZERO : Duration.between(now, until));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
