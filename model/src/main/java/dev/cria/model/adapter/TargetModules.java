package dev.cria.model.adapter;

import java.util.List;

/** Which modules an adapter changes. */
public sealed interface TargetModules {
    /** Whether a module of this name, such as {@code model.layers.3.self_attn.q_proj}, is meant. */
    boolean matches(String module);

    /** Modules whose name is one of these, or ends with a dot and one of these. */
    record Names(List<String> names) implements TargetModules {
        public Names {
            names = List.copyOf(names);
        }

        @Override
        public boolean matches(String module) {
            return names.stream().anyMatch(name -> module.equals(name) || module.endsWith("." + name));
        }
    }

    /** Modules whose whole name a regular expression matches. */
    record Expression(String expression) implements TargetModules {
        /** @throws dev.cria.base.UserError if it is no regular expression */
        public Expression {
            NamePattern.compile(expression);
        }

        @Override
        public boolean matches(String module) {
            return NamePattern.compile(expression).matches(module);
        }
    }

    /** All linear layers of the blocks. */
    record AllLinear() implements TargetModules {
        @Override
        public boolean matches(String module) {
            return true;
        }
    }
}
