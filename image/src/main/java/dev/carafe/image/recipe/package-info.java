/**
 * How to make a layer's blob again, to the byte, from the folder that it was unpacked to.
 *
 * <p>A registry wants the very bytes that a digest names, and a machine that runs images needs none of them but the
 * files. {@link dev.carafe.image.recipe.Recipe} writes down what is in the one and not in the other:
 *
 * <ul>
 *   <li>of the archive, all that is no file's content, and content that the folder does not have;
 *   <li>of zstd, the level and the options of its library;
 *   <li>of gzip, how its encoder strayed from what was to be expected. Of a known program with known parameters it can be
 *       foreseen, byte after byte, which matches it takes; a {@linkplain dev.carafe.image.recipe.Predictor predictor}
 *       does so from the content and from what was taken before, and only what is otherwise is written down, by a range
 *       coder.
 * </ul>
 *
 * <p>What that costs, of the blob (the first 30 MB of a Debian's {@code /usr/bin} and Python; the archive's own part, some 40
 * bytes a file, comes on top: a layer of 94 MB in 2,925 files has a recipe of 0.48 % with gzip or Go, 0.9 % with pgzip,
 * 0.13 % not compressed), and MB of content a second that are made again on one processor:
 *
 * <table>
 * <caption>Measured on a busy machine with two processors, on which gzip -6 itself makes 26 MB/s and gzip -9 8.5</caption>
 * <tr><th>encoder</th><th>share</th><th>MB/s</th></tr>
 * <tr><td>gzip -1, -6, -9</td><td>0.05, 0.06, 0.06 %</td><td>63, 22, 8</td></tr>
 * <tr><td>pigz</td><td>0.07 %</td><td>23</td></tr>
 * <tr><td>the JDK, 1, 6, 9</td><td>0.05, 0.06, 0.05 %</td><td>52, 23, 8</td></tr>
 * <tr><td>Python, 6, 9</td><td>0.05, 0.05 %</td><td>20, 9</td></tr>
 * <tr><td>Go, 6, 9 (Docker, umoci)</td><td>0.06, 0.06 %</td><td>27, 14</td></tr>
 * <tr><td>klauspost, usual level (podman, skopeo)</td><td>0.3 %</td><td>51</td></tr>
 * <tr><td>the same by pgzip</td><td>0.4 %</td><td>48</td></tr>
 * <tr><td>klauspost, 1, 6, 9</td><td>21, 16, 5.5 %</td><td>33, 44, 16</td></tr>
 * <tr><td>Go, 1</td><td>28 %</td><td>31</td></tr>
 * <tr><td>igzip, 1, 3</td><td>25, 18 %</td><td>32, 40</td></tr>
 * </table>
 *
 * <p>The heap needs less than 32 MiB for any of them. Of zstd only what the very version of the library here makes is made
 * again, and not what klauspost's does.
 *
 * <p>A wrong guess makes a recipe longer, not wrong. But all that foresees is a part of the format: what it foresees must
 * not change as long as there are recipes by it.
 */
@NullMarked
package dev.carafe.image.recipe;

import org.jspecify.annotations.NullMarked;
