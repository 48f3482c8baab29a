# What one does with this repository. `make` or `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

JAVA_HOME = $(shell dev/java-home)
# Without the warnings of the JVM about Maven's own libraries.
MVN = JAVA_HOME="$(JAVA_HOME)" MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED $${MAVEN_OPTS:-}" \
	mvn -B -ntp -q -Dstyle.color=never
STATE := target/local

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: target/quarkus-app/quarkus-run.jar tools ## Tell the whole story on a real API server and a local AWS, in about a minute
	@dev/demo/run

test: tools oldest-kubernetes ## Run all tests: unit, property, CRD, integration and black-box, and every check
	@dev/tests "$(JAVA_HOME)" verify || { dev/coverage; exit 1; }

unit: prerequisites ## Run the tests that need neither Kubernetes nor AWS, and see that they cover enough
	@dev/tests "$(JAVA_HOME)" test || { dev/coverage; exit 1; }

worlds: prerequisites ## Try random worlds for three minutes in the simulator; FOR=… for so many seconds, WORLD=file to repeat one, SEED=… for the same again
	@dev/tests "$(JAVA_HOME)" test -Dtest=WorldsTest -Dcoverage.skip -Dcmek.worlds.seconds='$(or $(FOR),180)' \
		$(if $(WORLD),-Dcmek.worlds.file='$(WORLD)') $(if $(SEED),-Dcmek.worlds.seed='$(SEED)')

verify: test ## The same as test: formatting and generated files are checked there too

crds: prerequisites ## Write again what is generated: crds/, the reference pages in docs/, the chart's README, helm/cmek-operator.yaml
	@$(MVN) test -Dtest='GeneratedFilesTest,ConditionsReferenceTest,MetricsReferenceTest' -Dsurefire.failIfNoSpecifiedTests=false -Dcmek.generate=true

fmt: prerequisites ## Format the code
	@$(MVN) spotless:apply

build: target/quarkus-app/quarkus-run.jar ## Package the operator

run: target/quarkus-app/quarkus-run.jar ## Run the operator against the environment of `make up`
	@dev/local/run-operator $(STATE) "$(JAVA_HOME)/bin/java" target/quarkus-app/quarkus-run.jar

up: tools ## Start a local Kubernetes and a local AWS, to use with your own kubectl and aws: eval "$$(make up)"
	@dev/local/up $(STATE)

down: ## Stop what `make up` started
	@dev/local/down $(STATE)

bench: target/quarkus-app/quarkus-run.jar tools ## Measure what docs/performance.md says; CASES=ONE for the first alone, CASES='ONE_KEY.*' for one key
	@$(MVN) test-compile failsafe:integration-test failsafe:verify -Dit.test='*Bench' -Dcmek.bench='$(or $(CASES),.*)' -Dcmek.bench.longest='$(or $(LONGEST),20)'

soak: target/quarkus-app/quarkus-run.jar tools ## Repeat what docs/reliability.md says, faults that take long among it, in about fifteen minutes
	@$(MVN) test-compile failsafe:integration-test failsafe:verify -Dit.test='io.cmek.operator.faults.*IT' -Dit.excludedGroups= -Dcmek.it.lost-update-rounds=30

image-tar: target/quarkus-app/quarkus-run.jar ## Write the container image into a file; BASE_IMAGE=… says on what (see docs/install.md)
	@JAVA_HOME="$(JAVA_HOME)" dev/image/build tar $(ARCHITECTURE)

image-push: target/quarkus-app/quarkus-run.jar ## Bring the image for amd64 and arm64 to a registry: make image-push IMAGE=…
	@JAVA_HOME="$(JAVA_HOME)" dev/image/build push $(IMAGE)

bundle: ## Collect from your cluster what somebody needs who is to help: no secrets (see docs/operations/diagnosis.md)
	@dev/bundle

release-check: prerequisites ## Build everything of a release from a clean clone: operator, chart, manifests, SBOM, checksums
	@JAVA_HOME="$(JAVA_HOME)" dev/release/check

tools: prerequisites ## Build or install, once, what the tests and the demo need, into the cache folder
	@python3 dev/local/toolchain.py control-plane newest >/dev/null
	@python3 dev/local/toolchain.py aws-python >/dev/null

oldest-kubernetes: prerequisites
	@python3 dev/local/toolchain.py control-plane oldest >/dev/null

prerequisites: ## Say what is missing on this machine, and how to install it
	@dev/prerequisites

clean: down ## Remove what was built here; the cache folder stays
	@rm -rf target

target/quarkus-app/quarkus-run.jar: pom.xml $(shell find src/main -type f) | prerequisites
	@echo "Packaging the operator …" >&2
	@$(MVN) package -DskipTests
	@touch $@

.PHONY: worlds help oldest-kubernetes demo test unit verify crds fmt build run up down bench soak image-tar image-push bundle release-check tools prerequisites clean
