package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Which hub, as whom, and where downloads are kept: what Hugging Face's own programs take from the environment, so that all of them share
 * one cache and one login.
 *
 * @param endpoint the hub, without a slash at the end
 * @param token what identifies the user; absent for anonymous reading
 * @param cache the folder that holds a folder for each model
 * @param offline whether the network must not be used
 */
public record HubSettings(URI endpoint, Optional<String> token, Path cache, boolean offline) {
    /** The hub that is meant where nothing else is said. */
    public static final String DEFAULT_ENDPOINT = "https://huggingface.co";

    private static final int LONGEST_TOKEN = 4096;

    /**
     * Reads {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_TOKEN_PATH}, {@code HF_HOME}, {@code HF_HUB_CACHE}, {@code XDG_CACHE_HOME} and
     * {@code HF_HUB_OFFLINE}.
     *
     * @param home the user's home folder
     * @throws UserError if one of them makes no sense
     */
    public static HubSettings of(Map<String, String> environment, Path home) {
        Path hubHome = value(environment, "HF_HOME")
                .map(text -> path(text, home))
                .orElseGet(() -> value(environment, "XDG_CACHE_HOME")
                        .map(text -> path(text, home))
                        .orElse(home.resolve(".cache"))
                        .resolve("huggingface"));
        Path cache = value(environment, "HF_HUB_CACHE")
                .or(() -> value(environment, "HUGGINGFACE_HUB_CACHE"))
                .map(text -> path(text, home))
                .orElse(hubHome.resolve("hub"));
        Path tokenFile = value(environment, "HF_TOKEN_PATH")
                .map(text -> path(text, home))
                .orElse(hubHome.resolve("token"));
        Optional<String> token = value(environment, "HF_TOKEN")
                .or(() -> value(environment, "HUGGING_FACE_HUB_TOKEN"))
                .map(text -> checkedToken(text, "HF_TOKEN"))
                .or(() -> isOn(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN") ? Optional.empty() : stored(tokenFile));
        boolean offline = isOn(environment, "HF_HUB_OFFLINE") || isOn(environment, "TRANSFORMERS_OFFLINE");
        URI endpoint = endpoint(value(environment, "HF_ENDPOINT").orElse(DEFAULT_ENDPOINT), "HF_ENDPOINT");
        return new HubSettings(endpoint, token, cache, offline);
    }

    /** The settings of this process. Errors as {@link #of}. */
    public static HubSettings ofProcess() {
        return of(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    /** The same with another hub. @throws UserError if {@code address} is no address of one */
    public HubSettings withEndpoint(String address) {
        return new HubSettings(endpoint(address, "--endpoint"), token, cache, offline);
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(text -> !text.isEmpty());
    }

    private static boolean isOn(Map<String, String> environment, String name) {
        return value(environment, name)
                .filter(text -> List.of("1", "ON", "YES", "TRUE").contains(text.toUpperCase(Locale.ROOT)))
                .isPresent();
    }

    private static Path path(String text, Path home) {
        return text.equals("~") ? home : text.startsWith("~/") ? home.resolve(text.substring(2)) : Path.of(text);
    }

    private static Optional<String> stored(Path file) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > LONGEST_TOKEN) {
                return Optional.empty();
            }
            String text = Files.readString(file).strip();
            return text.isEmpty() ? Optional.empty() : Optional.of(checkedToken(text, file.toString()));
        } catch (IOException e) {
            throw new UserError(
                    "cannot read the token in " + file + ": " + e.getMessage(),
                    "check its permissions, or set HF_TOKEN",
                    e);
        }
    }

    private static String checkedToken(String token, String where) {
        if (token.length() > LONGEST_TOKEN || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new UserError(
                    where + " holds characters that are in no token", "copy the token again, without spaces");
        }
        return token;
    }

    private static URI endpoint(String address, String where) {
        try {
            URI uri = new URI(address.replaceFirst("/+$", ""));
            boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            if (web && uri.getHost() != null && uri.getRawQuery() == null && uri.getRawUserInfo() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw notAnAddress(address, where, e);
        }
        throw notAnAddress(address, where, new IllegalArgumentException(address));
    }

    private static UserError notAnAddress(String address, String where, Exception cause) {
        return new UserError(
                where + ": '" + RepositoryPaths.printable(address) + "' is no address of a hub",
                "give one that begins with https:// or http://",
                cause);
    }

    /** Without the token, which belongs in no log. */
    @Override
    public String toString() {
        return "HubSettings[" + endpoint + ", " + (token.isPresent() ? "with a token" : "anonymous") + ", " + cache
                + (offline ? ", offline" : "") + "]";
    }
}
