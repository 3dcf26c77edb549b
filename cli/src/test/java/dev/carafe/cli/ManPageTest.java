package dev.carafe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How help is laid out as a page. */
class ManPageTest {

    @Test
    void aHelpIsLaidOut() {
        String page = ManPage.of("carafe image pull", "fetch images", """
                Usage: carafe image pull [-q]
                                         NAME
                Fetches images.
                  -q, --quiet            Say nothing
                                           of it.
                      --a-very-long-option-that-fills-its-line
                                         What it is for.

                Examples:
                  carafe image pull debian
                """);
        assertThat(page).isEqualTo("""
                .TH "CARAFE-IMAGE-PULL" "1" "" "Carafe"
                .nh
                .SH NAME
                carafe-image-pull \\- fetch images
                .SH SYNOPSIS
                .nf
                carafe image pull [\\-q]
                                  NAME
                .fi
                .SH DESCRIPTION
                Fetches images.
                .TP
                \\fB\\-q, \\-\\-quiet\\fR
                Say nothing
                of it.
                .TP
                \\fB\\-\\-a\\-very\\-long\\-option\\-that\\-fills\\-its\\-line\\fR
                What it is for.
                .PP
                .SS "Examples"
                .TP
                \\fBcarafe image pull debian\\fR
                """);
    }

    @Test
    void whatRoffWouldTakeForARequestIsText() {
        assertThat(ManPage.of("carafe x", "y", "Usage: carafe x\n.so /etc/passwd\n'x \\n\n"))
                .endsWith("\\&.so /etc/passwd\n\\&'x \\en\n");
    }
}
