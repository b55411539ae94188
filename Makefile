# build, test, format, bench: all with a JDK 25 that tools/find-jdk.sh finds, whatever the default `java` is.
SHELL := /usr/bin/env bash
MVN := JAVA_HOME="$$(tools/find-jdk.sh)" && export JAVA_HOME MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow $$MAVEN_OPTS" && mvn --batch-mode --no-transfer-progress -Dstyle.color=never -q

.PHONY: build test test-slow format bench clean

build: ## the runnable distribution, in cli/target/dist
	@$(MVN) package -DskipTests
	@tools/start-cache.sh

test: ## every test but those tagged slow; format and static checks too
	@$(MVN) verify -Dsurefire.printSummary=true

test-slow: ## only the tests tagged slow: long reference, stress, kill and fuzz runs
	@$(MVN) verify -Dtest.groups=slow -Dtest.excludedGroups=

format:
	@$(MVN) spotless:apply

bench: build ## side-by-side timings; see bench/README.md
	@bench/run.sh

clean:
	@$(MVN) clean
