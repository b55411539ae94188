/** Attention by NVIDIA's cuDNN 9 where it is installed: its backend's graphs, built, planned and run from Java. */
@NullMarked
package dev.cria.cuda.cudnn;

import org.jspecify.annotations.NullMarked;
