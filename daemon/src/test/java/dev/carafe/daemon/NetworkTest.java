package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code carafe network}, as its help describes it. */
@SystemTest
class NetworkTest {

    @Test
    void theNetworksThatThereAreAreListed(Installation carafe) {
        assertThat(carafe.call("network", "list").execute().succeeded())
                .matches("(?s)NAME +DRIVER +SUBNET +DEVICE +ENDPOINTS\nbridge .*");
        assertThat(carafe.call("network", "ls", "--format", "name,driver")
                        .execute()
                        .succeeded())
                .isEqualTo("bridge\tbridge\nhost\thost\nnone\tnull\n");
    }

    @Test
    void allThatIsKnownOfOneIsPrinted(Installation carafe) {
        assertThat(carafe.call("network", "inspect", "bridge").execute().succeeded())
                .contains("\"name\":\"bridge\"", "\"driver\":\"bridge\"", "\"endpoints\":[");
    }

    @Test
    void whatCouldNotBeStartedHasNoPlaceInOneAndNoPorts(Installation carafe) {
        carafe.execute("create", "--name", "bad", "-p", "127.0.0.1::80", "host:", "/no/such/program")
                .succeeded();
        assertThat(carafe.execute("start", "bad").status()).isNotZero();
        assertThat(carafe.execute("network", "inspect", "bridge").succeeded()).contains("\"endpoints\":[]");
        carafe.execute("run", "-d", "--name", "good", "host:", "sleep", "1000").succeeded();
        assertThat(carafe.execute("network", "inspect", "bridge").succeeded()).doesNotContain("\"endpoints\":[]");
        carafe.execute("rm", "-f", "bad", "good").succeeded();
    }

    @Test
    void oneThatIsNotThereIsNamed(Installation carafe) {
        carafe.call("network", "inspect", "nosuch").execute().failed(1, "there is no network \"nosuch\"");
    }

    @Test
    void whatIsNotSupportedYetIsRefusedByItsName(Installation carafe) {
        carafe.call("network", "create", "mine").execute().failed(1, "\"network create\" is not supported yet");
        carafe.call("network", "mine").execute().failed(1, "there is no command \"network mine\"");
    }
}
