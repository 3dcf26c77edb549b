import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** What suites/snapshots runs inside the emulated machine: the named classes of tests, a line a test. */
final class SnapshotsInside {

    private SnapshotsInside() {}

    public static void main(String[] classes) {
        AtomicInteger passed = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(classes)
                        .map(it -> DiscoverySelectors.selectClass("dev.carafe.image.snapshot." + it))
                        .toList())
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                switch (result.getStatus()) {
                    case SUCCESSFUL -> {
                        if (test.isTest()) {
                            passed.incrementAndGet();
                            System.out.println("ok " + test.getUniqueId());
                        }
                    }
                    case ABORTED -> System.out.println("skipped " + test.getUniqueId() + ": "
                            + result.getThrowable().map(Throwable::getMessage).orElse(""));
                    case FAILED -> {
                        failed.incrementAndGet();
                        System.out.println("not ok " + test.getUniqueId() + ": "
                                + result.getThrowable().map(Throwable::toString).orElse(""));
                        result.getThrowable().ifPresent(it -> it.printStackTrace(System.out));
                    }
                }
            }
        });
        System.out.println();
        System.out.println(passed + " passed, " + failed + " failed");
    }
}
