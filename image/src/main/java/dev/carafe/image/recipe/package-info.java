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
 * <p>A wrong guess makes a recipe longer, not wrong. But all that foresees is a part of the format: what it foresees must
 * not change as long as there are recipes by it.
 */
@NullMarked
package dev.carafe.image.recipe;

import org.jspecify.annotations.NullMarked;
