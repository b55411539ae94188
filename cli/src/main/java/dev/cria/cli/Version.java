package dev.cria.cli;

import picocli.CommandLine.IVersionProvider;

/** The versions that matter when something is reported. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "cria " + cria(), "java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"
        };
    }

    /** This build's version; {@code development} where it does not run from its jar. */
    static String cria() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
