/**
 * Models from a Hugging Face compatible hub: the listing of a repository, the download of its files, and the cache that other programs read
 * too. Knows HTTP and folders; knows nothing of what is in the files. What a hub says is not trusted: names, sizes and hashes are checked.
 */
@NullMarked
package dev.cria.model.hub;

import org.jspecify.annotations.NullMarked;
