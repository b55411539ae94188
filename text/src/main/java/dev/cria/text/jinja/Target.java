package dev.cria.text.jinja;

import java.util.List;

/** What a value is assigned to: a name, a part of a namespace, or several of them. */
interface Target {
    void assign(Frame frame, Object value);

    /** A variable. */
    record Variable(String name) implements Target {
        @Override
        public void assign(Frame frame, Object value) {
            frame.set(name, value);
        }
    }

    /** {@code space.name}. */
    record Part(String space, String name) implements Target {
        @Override
        public void assign(Frame frame, Object value) {
            Object object = frame.get(space);
            if (!(object instanceof Namespace namespace)) {
                throw new JinjaException(
                        "cannot assign to " + space + "." + name + ", because " + space + " is no namespace");
            }
            namespace.set(name, value);
        }
    }

    /** {@code a, b}: as many values as there are targets. */
    record Several(List<Target> targets) implements Target {
        @Override
        public void assign(Frame frame, Object value) {
            List<Object> values = Values.items(frame.run(), value);
            if (values.size() != targets.size()) {
                throw new JinjaException(values.size() + " values cannot be assigned to " + targets.size() + " names");
            }
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(frame, values.get(i));
            }
        }
    }
}
