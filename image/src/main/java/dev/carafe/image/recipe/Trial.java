package dev.carafe.image.recipe;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Finds out which of the known programs foresees the beginning of compressed data best. */
final class Trial {

    private static final long MOST = 1 << 20;
    /** From here on those that are clearly worse are left out. */
    private static final long FIRST = 128 * 1024;

    private static final int EXCUSED = 16;

    private static final class Runner {
        private final int number;
        private final Predictor predictor;
        private int misses;

        Runner(int number, Predictor predictor) {
            this.number = number;
            this.predictor = predictor;
        }
    }

    private final Window window = new Window();
    private final TokenQueue queue = new TokenQueue();
    private final BitInput input;
    private final DeflateReader reader;
    private List<Runner> runners = new ArrayList<>();
    private int at;

    private Trial(InputStream input, List<Manner> manners) throws IOException {
        this.input = new BitInput(input);
        reader = new DeflateReader(this.input, window, queue);
        for (int i = 0; i < manners.size(); i++) {
            runners.add(new Runner(i, manners.get(i).predictor(window)));
        }
    }

    /**
     * Chooses one.
     *
     * @param input gzip data; not all of them are read
     * @return its number
     */
    static int choose(InputStream input, List<Manner> manners) throws IOException {
        return new Trial(input, manners).run();
    }

    private int run() throws IOException {
        long length = 0;
        while (length < MOST && GzipFrame.copyHeader(input, new ByteArrayOutputStream())) {
            window.clear();
            at = 0;
            reader.begin();
            runners.forEach(it -> it.predictor.reset());
            while (length < MOST && !reader.hasEnded()) {
                if (!window.isRoomy()) {
                    int by = window.slide(at);
                    at -= by;
                    runners.forEach(it -> it.predictor.slide(by));
                }
                int before = window.end;
                reader.read();
                length += window.end - before;
                compare();
                if (length >= FIRST) {
                    leaveOut();
                }
            }
            for (int i = 0; reader.hasEnded() && i < GzipFrame.TRAILER; i++) {
                input.read();
            }
        }
        return runners.stream().min(Comparator.comparingInt(it -> it.misses)).orElseThrow().number;
    }

    private void leaveOut() {
        int least = runners.stream().mapToInt(it -> it.misses).min().orElseThrow();
        runners = runners.stream()
                .filter(it -> it.misses <= least + least / 4 + EXCUSED)
                .toList();
    }

    private void compare() {
        boolean isWhole = reader.hasEnded();
        while (!queue.isEmpty()) {
            int item = queue.peek();
            if (item >= 0 && !isWhole && window.end - at < Window.AHEAD) {
                return;
            }
            queue.take();
            switch (item) {
                case TokenQueue.BEGIN, TokenQueue.FINISH -> queue.take();
                case TokenQueue.STORED -> {
                    queue.take();
                    at += queue.take();
                    runners.forEach(it -> it.predictor.pass(at));
                }
                case Token.END -> runners.forEach(it -> it.predictor.end(at));
                default -> compare(item);
            }
        }
    }

    private void compare(int token) {
        boolean isMatch = Token.isMatch(token);
        for (Runner runner : runners) {
            int foreseen = runner.predictor.predict(at, Math.min(at + Window.AHEAD, window.end));
            if (foreseen != (isMatch ? token : Token.LITERAL)) {
                runner.misses++;
            }
            runner.predictor.accept(at, token);
        }
        at += isMatch ? Token.length(token) : 1;
    }
}
