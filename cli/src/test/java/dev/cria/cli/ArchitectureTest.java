package dev.cria.cli;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The house: each room uses those below it and no other, and no room is built in a circle. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.cria");

    @Test
    void modulesDependOnlyOnThoseBelow() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.cria..")
                .layer("base")
                .definedBy("dev.cria.base..")
                .layer("tensor")
                .definedBy("dev.cria.tensor..")
                .layer("cuda")
                .definedBy("dev.cria.cuda..")
                .layer("text")
                .definedBy("dev.cria.text..")
                .layer("model")
                .definedBy("dev.cria.model..")
                .layer("data")
                .definedBy("dev.cria.data..")
                .layer("train")
                .definedBy("dev.cria.train..")
                .layer("eval")
                .definedBy("dev.cria.eval..")
                .layer("cli")
                .definedBy("dev.cria.cli..")
                .whereLayer("base")
                .mayNotAccessAnyLayer()
                .whereLayer("tensor")
                .mayOnlyAccessLayers("base")
                .whereLayer("cuda")
                .mayOnlyAccessLayers("base", "tensor")
                .whereLayer("text")
                .mayOnlyAccessLayers("base")
                .whereLayer("model")
                .mayOnlyAccessLayers("base", "tensor", "cuda", "text")
                .whereLayer("data")
                .mayOnlyAccessLayers("base", "text")
                .whereLayer("train")
                .mayOnlyAccessLayers("base", "tensor", "cuda", "text", "model", "data")
                .whereLayer("eval")
                .mayOnlyAccessLayers("base", "tensor", "text", "model", "data")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .withOptionalLayers(true)
                .check(CLASSES);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("dev.cria.(**)")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true)
                .check(CLASSES);
    }
}
