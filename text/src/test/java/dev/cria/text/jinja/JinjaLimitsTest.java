package dev.cria.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a template may cost, and that errors say where and what. */
@Timeout(30)
class JinjaLimitsTest {
    private static final Map<String, Object> VARIABLES =
            Map.of("messages", List.of(Map.of("role", "user", "content", "Hello")), "n", 7);

    private static String render(String source) {
        return JinjaTemplate.parse("model", source).render(VARIABLES);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
                "{% for a in range(99999) %}{{ 'x' * 100000 }}{% endfor %}",
                "{% set s = namespace(t='x' * 1000000) %}{% for a in range(99) %}{% set s.t = s.t ~ s.t %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% for a in range(99999) %}{% set t = s | upper %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% for a in range(99999) %}{% set t = s.split('x') %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% for a in range(99999) %}{% set t = s | list %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% for a in range(99999) %}{% set t = s[::-1] %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% for a in range(99999) %}{% set t = s == s[1:] ~ 'x' %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% for a in range(99999) %}{% set t = 'xxxxxxxxxxxxxxxxy' in s %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% set p = 'x' * 4000000 ~ 'y' %}{% for a in range(99999) %}{% set t = p in s %}{% endfor %}",
                "{% set s = 'x' * 9000000 %}{% for a in range(99999) %}{% set t = messages[0][s] %}{% endfor %}",
                "{% set s = 'x.' * 4000000 %}{% set t = [{}] * 99999 | map(attribute=s, default=1) | list %}",
                "{% set s = ',' * 4000000 %}{{ [1, 2] | sort(attribute=s) }}",
                "{% set s = '\\x01' * 9000000 %}{% for a in range(99) %}{% set t = s | tojson %}{% endfor %}",
                "{% set s = '{}' * 4000000 %}{{ s.format(1) }}",
                "{% set s = 'x' * 9000000 %}{{ s | replace('', s) }}",
                "{% set s = 'x' * 9000000 %}{{ s | replace('x', 'yyy') }}",
                "{% set s = 'x' * 9000000 %}{{ [s, s, s, s, s] | join(s) }}",
                "{% set s = '\\n' * 9000000 %}{{ s | indent(1000) }}",
                "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
                "{% macro f(n) %}{{ caller() }}{% call f(n) %}{{ n }}{% endcall %}{% endmacro %}{% call f(1) %}{% endcall %}",
                "{% set l = namespace(v=[1]) %}{% for i in range(99) %}{% set l.v = l.v + l.v %}{% endfor %}",
                "{% set l = namespace(v=[1]) %}{% for i in range(99) %}{% set l.v = [l.v, l.v] %}{% endfor %}{{ l.v | tojson }}",
                "{% set l = namespace(v={}) %}{% for i in range(9999) %}{% set l.v = {'k': l.v} %}{% endfor %}{{ l.v == l.v | string }}{{ l.v }}",
                "{% set l = namespace(v=(1,)) %}{% for i in range(99) %}{% set l.v = l.v * 2 %}{% endfor %}",
                "{{ range(9999999999) | list }}",
                "{{ range(0, 9223372036854775807, 1) }}",
                "{{ (range(99999) | list) * 99999 }}",
                "{{ 'x'.ljust(9999999999) }}",
                "{{ '%999999999s' % 'x' }}",
                "{{ '%.999999999f' % 1 }}",
                "{{ 1.5 | round(999999999) }}",
                "{{ 9223372036854775807 + 1 }}",
                "{{ 10 ** 30 }}",
                "{{ [1, 2] | batch(1) | map('batch', 999999999, 0) | map('list') | list }}",
                "{{ 'x' | center(9999999999) }}",
                "{{ strftime_now('%Y' * 9999) }}",
            })
    void refusesWhatCostsTooMuch(String source) {
        assertThatThrownBy(() -> render(source))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("model: chat template: line 1: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ''.__class__ }}",
                "{{ messages.__init__.__globals__ }}",
                "{{ messages[0]['__class__'] }}",
                "{{ ''['__class__'].mro() }}",
                "{{ messages.getClass() }}",
                "{{ messages[0].getClass().forName('java.lang.Runtime') }}",
                "{{ n.getClass() }}",
                "{{ messages.stream().count() }}",
                "{{ messages[0].entrySet() }}",
                "{{ messages.append(1) }}",
                "{{ messages[0].update({'role': 'system'}) }}",
                "{{ messages[0].clear() }}",
                "{% set messages[0] = 1 %}",
                "{% set messages.x = 1 %}",
                "{% include '/etc/passwd' %}",
                "{% import 'x' as y %}",
                "{% extends 'x' %}",
                "{{ config.items() }}",
                "{{ lipsum() }}",
                "{{ self.__dict__ }}",
                "{{ range.__class__ }}",
                "{{ namespace.__init__ }}",
                "{{ raise_exception.call() }}",
            })
    void reachesNothingOfTheMachine(String source) {
        assertThatThrownBy(() -> render(source)).isInstanceOf(UserError.class).hasMessageContaining("chat template: ");
    }

    @Test
    void saysWhereAndWhat() {
        refuse("\n\n{{ messages[0].content.foo() }}", "line 3: 'str object' has no attribute 'foo'");
        refuse("a\n{% if nobody.x %}{% endif %}", "line 2: 'nobody' is undefined");
        refuse(
                "{% for m in messages %}\n{{ m.content + 1 }}{% endfor %}",
                "line 2: '+' is not supported for 'str' and 'int'");
        refuse("{{ raise_exception('Roles must alternate.') }}", "line 1: Roles must alternate.");
        refuse("x\n{% if 1 %}", "line 2: the template ends where 'endif' is expected");
        refuse("x\n\n{{ (1 }}", "line 3: unexpected '}', expected ')'");
        refuse("{{ 1 | nosuch }}", "there is no filter 'nosuch'");
        refuse("{{ 1 is nosuch }}", "there is no test 'nosuch'");
        refuse("{% nosuch %}", "unknown tag 'nosuch'");
        refuse("{{ 'a' | trim(1, 2) }}", "trim takes at most 1 arguments, but is given 2");
        refuse("{{ 'a'.replace('b') }}", "replace() needs the argument new");
        refuse("{% set a.b = 1 %}", "cannot assign to a.b, because a is no namespace");
        refuse("{% for a, b in [(1, 2, 3)] %}{% endfor %}", "3 values cannot be assigned to 2 names");
        refuse("{% raw %}", "a raw block has no end");
        refuse("{# ", "a comment has no end");
        refuse("{{ 'a }}", "a string has no end");
        refuse("{{ 1 $ 2 }}", "the character '$' is not allowed here");
    }

    private static void refuse(String source, String what) {
        assertThatThrownBy(() -> render(source))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(what)
                .satisfies(e -> assertThat(((UserError) e).hint()).isNotEmpty());
    }

    @Test
    void refusesDeepNestingOfEveryKind() {
        for (String[] pair : new String[][] {
            {"{{ " + "(".repeat(99_999) + "1" + ")".repeat(99_999) + " }}"},
            {"{{ " + "[".repeat(63) + "]".repeat(63) + " }}"},
            {"{{ " + "not ".repeat(99_999) + "1 }}"},
            {"{{ " + "-".repeat(99_999) + "1 }}"},
            {"{{ 1" + " if 1 else 2".repeat(20_000) + " }}"},
            {"{{ 1" + " + 1".repeat(60_000) + " }}"},
            {"{{ 1" + " | abs".repeat(40_000) + " }}"},
            {"{{ n" + ".x".repeat(90_000) + " }}"},
            {"{{ n" + "()".repeat(90_000) + " }}"},
            {"{% if 1 %}".repeat(9999) + "{% endif %}".repeat(9999)},
            {"{% set x %}".repeat(9999)},
            {"{% for " + "(".repeat(9999)},
        }) {
            assertThatThrownBy(() -> render(pair[0])).isInstanceOf(UserError.class);
        }
    }

    @Test
    void longTemplatesAndConversationsAreFine() {
        assertThat(render("{{ 1" + " and 1".repeat(30_000) + " }}")).isEqualTo("1");
        assertThat(render("{{ ''" + " ~ 1".repeat(30_000) + " }}")).hasSize(30_000);
        assertThat(render("{% if 0 %}" + "{% elif 0 %}".repeat(10_000) + "{% else %}x{% endif %}"))
                .isEqualTo("x");
        List<Map<String, String>> many =
                java.util.Collections.nCopies(5000, Map.of("role", "user", "content", "x".repeat(2000)));
        String text = JinjaTemplate.parse(
                        "model",
                        "{% for m in messages %}{{ m.role | upper }}: {{ m.content.strip() | trim }}\n{% endfor %}")
                .render(Map.of("messages", many));
        assertThat(text).hasSize(5000 * 2007);
    }

    @Test
    void aThreadWithASmallStackIsEnough() throws Exception {
        String[] got = new String[1];
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        got[0] = render("{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ " + "(".repeat(40) + "f(1)"
                                + ")".repeat(40) + " }}");
                    } catch (UserError e) {
                        got[0] = e.what();
                    }
                },
                "small",
                256 << 10);
        thread.start();
        thread.join();
        assertThat(got[0]).contains("nested too deeply");
    }
}
