package dev.cria.model.adapter;

import dev.cria.base.UserError;
import dev.cria.model.hub.HubCache;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Finds the model that an adapter says it belongs to. */
public final class BaseModel {
    private BaseModel() {}

    /**
     * Where the base of an adapter is. Its name is a path, as seen from the adapter's own folder or from where the process runs, or the name of a
     * model on a hub that was pulled.
     *
     * @throws UserError if it names none, or what it names is not here or is an adapter itself
     */
    public static Path find(Path adapter, HubCache pulled) {
        Path file = adapter.resolve(AdapterConfig.FILE);
        String name = Adapter.readConfig(adapter)
                .base()
                .orElseThrow(() -> new UserError(
                        file + " does not say which model it belongs to",
                        "name it: --model BASE --adapter " + adapter));
        Path found = paths(adapter, name).stream()
                .filter(Files::exists)
                .findFirst()
                .or(() -> pulled.find(name))
                .orElseThrow(() -> new UserError(
                        file + ": the adapter belongs to '" + name
                                + "', which is no path here and no model that was pulled",
                        "fetch it: `cria pull " + name + "`, or name the base: --model BASE --adapter " + adapter));
        if (Adapter.isAdapter(found)) {
            throw new UserError(
                    file + ": the adapter's base " + found + " is an adapter itself",
                    "merge that one first: cria convert --model " + found + " --output BASE --dtype bf16");
        }
        return found;
    }

    private static List<Path> paths(Path adapter, String name) {
        List<Path> paths = new ArrayList<>();
        try {
            paths.add(adapter.resolve(name));
            paths.add(Path.of(name));
        } catch (InvalidPathException e) {
            return List.of();
        }
        return paths;
    }

    /** Whether a model at a path may be the one of a name: the path has the name's last part somewhere, whatever stands between its letters. */
    static boolean isNamed(Path model, String name) {
        String last = name.substring(
                name.replaceAll("[/\\\\]+$", "").replace('\\', '/').lastIndexOf('/') + 1);
        return letters(model.toAbsolutePath().normalize().toString()).contains(letters(last));
    }

    private static String letters(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "");
    }
}
