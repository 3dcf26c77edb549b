package dev.carafe.daemon;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The house's order: a module knows only those on floors beneath it. */
class FloorsTest {

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.carafe");

    @Test
    void a_module_knows_only_those_on_floors_beneath_it() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.carafe..")
                .layer("daemon")
                .definedBy("dev.carafe.daemon..")
                .layer("cli")
                .definedBy("dev.carafe.cli..")
                .layer("engine")
                .definedBy("dev.carafe.engine..")
                .layer("runtime")
                .definedBy("dev.carafe.runtime..")
                .layer("image")
                .definedBy("dev.carafe.image..")
                .layer("network")
                .definedBy("dev.carafe.network..")
                .layer("oci")
                .definedBy("dev.carafe.oci..")
                .layer("linux")
                .definedBy("dev.carafe.linux..")
                .whereLayer("daemon")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("cli")
                .mayOnlyBeAccessedByLayers("daemon")
                .whereLayer("engine")
                .mayOnlyBeAccessedByLayers("cli", "daemon")
                .whereLayer("runtime")
                .mayOnlyBeAccessedByLayers("engine", "cli", "daemon")
                .whereLayer("image")
                .mayOnlyBeAccessedByLayers("engine", "cli", "daemon")
                .whereLayer("network")
                .mayOnlyBeAccessedByLayers("engine", "cli", "daemon")
                .whereLayer("oci")
                .mayOnlyBeAccessedByLayers("runtime", "image", "network", "engine", "cli", "daemon")
                .whereLayer("linux")
                .mayOnlyBeAccessedByLayers("oci", "runtime", "image", "network", "engine", "cli", "daemon")
                .check(classes);
    }

    @Test
    void packages_of_a_module_form_no_cycle() {
        slices().matching("dev.carafe.(**)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void trees_of_containers_are_never_reached_by_path_strings() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.carafe.linux..",
                        "dev.carafe.runtime..",
                        "dev.carafe.engine..",
                        "dev.carafe.network..",
                        "dev.carafe.image.layer..",
                        "dev.carafe.image.snapshot..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.nio.file.Files")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.File")
                .check(classes);
    }

    @Test
    void names_say_what_a_thing_is() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .check(classes);
    }
}
