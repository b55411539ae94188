package dev.cria.model.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The proxies that {@code https_proxy}, {@code http_proxy}, {@code all_proxy} and {@code no_proxy} name; the JDK does not look at them. */
final class EnvironmentProxies extends ProxySelector {
    private final Map<String, String> environment;

    private EnvironmentProxies(Map<String, String> environment) {
        this.environment = environment;
    }

    /** A selector by the environment, or the JDK's own where the environment names no proxy. */
    static ProxySelector selector(Map<String, String> environment) {
        EnvironmentProxies proxies = new EnvironmentProxies(environment);
        boolean any = proxies.value("https_proxy")
                .or(() -> proxies.value("http_proxy"))
                .or(() -> proxies.value("all_proxy"))
                .isPresent();
        ProxySelector own = ProxySelector.getDefault();
        return any || own == null ? proxies : own;
    }

    @Override
    public List<Proxy> select(URI uri) {
        if (excepted(String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT))) {
            return List.of(Proxy.NO_PROXY);
        }
        return value(uri.getScheme().toLowerCase(Locale.ROOT) + "_proxy")
                .or(() -> value("all_proxy"))
                .flatMap(EnvironmentProxies::address)
                .map(address -> List.of(new Proxy(Proxy.Type.HTTP, address)))
                .orElse(List.of(Proxy.NO_PROXY));
    }

    /** Whether {@code no_proxy} names the host, or a domain that it is in. */
    private boolean excepted(String host) {
        return value("no_proxy").stream()
                .flatMap(list -> List.of(list.split(",")).stream())
                .map(entry -> entry.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", ""))
                .anyMatch(entry ->
                        entry.equals("*") || !entry.isEmpty() && (host.equals(entry) || host.endsWith("." + entry)));
    }

    private static Optional<InetSocketAddress> address(String text) {
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            return uri.getHost() == null
                    ? Optional.empty()
                    : Optional.of(
                            InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort() < 0 ? 80 : uri.getPort()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Optional<String> value(String name) {
        return Optional.ofNullable(environment.get(name))
                .or(() -> Optional.ofNullable(environment.get(name.toUpperCase(Locale.ROOT))))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {
        // The failed request tells it.
    }
}
