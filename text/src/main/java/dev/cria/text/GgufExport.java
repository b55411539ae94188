package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.TokenizerJson.PiecePair;
import dev.cria.text.TokenizerJson.Prepend;
import dev.cria.text.TokenizerJson.PrependScheme;
import dev.cria.text.TokenizerJson.Replace;
import dev.cria.text.TokenizerJson.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Says what a tokenizer knows in the terms of a GGUF file. */
final class GgufExport {
    /** Score of a piece that no merge makes. */
    static final float ADDED_SCORE = -1e6f;

    private static final String MARK = String.valueOf(BpeModel.SPACE_MARK);

    private GgufExport() {}

    static GgufVocabulary vocabulary(Tokenizer tokenizer) {
        return switch (tokenizer) {
            case SentencePieceTokenizer piece -> ofSentencePiece(piece);
            case HuggingFaceTokenizer hugging -> ofHuggingFace(hugging);
            default -> throw new IllegalArgumentException("no vocabulary is known of " + tokenizer.getClass());
        };
    }

    /** What stands where an id has no piece. */
    static String filler(int id) {
        return "[PAD" + id + "]";
    }

    private static GgufVocabulary ofSentencePiece(SentencePieceTokenizer tokenizer) {
        SentencePieceModel model = tokenizer.model();
        if (model.characterMap().isPresent()) {
            throw refuse("changes characters (a normalisation rule)");
        }
        if (!model.escapeWhitespaces()) {
            throw refuse("keeps spaces as they are");
        }
        int size = tokenizer.vocabularySize();
        float[] scores = new float[size];
        Arrays.fill(scores, ADDED_SCORE);
        byte[] types = new byte[size];
        int unknown = -1;
        List<String> pieces = new ArrayList<>(size);
        for (int id = 0; id < size; id++) {
            pieces.add(tokenizer.piece(id));
            types[id] = (byte) tokenizer.type(id).number();
            unknown = types[id] == GgufVocabulary.UNKNOWN ? id : unknown;
        }
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            scores[id] = piece.score();
        }
        return new GgufVocabulary(
                pieces,
                scores,
                types,
                tokenizer.bosId(),
                tokenizer.eosId(),
                unknown < 0 ? OptionalInt.empty() : OptionalInt.of(unknown),
                tokenizer.padId(),
                tokenizer.addsBos(),
                tokenizer.addsEos(),
                model.addDummyPrefix(),
                model.removeExtraWhitespaces());
    }

    private static GgufVocabulary ofHuggingFace(HuggingFaceTokenizer tokenizer) {
        TokenizerJson json = tokenizer.json();
        boolean prefix = addsPrefix(json);
        int size = tokenizer.vocabularySize();
        List<String> pieces = new ArrayList<>(size);
        byte[] types = new byte[size];
        for (int id = 0; id < size; id++) {
            String piece = tokenizer.piece(id);
            pieces.add(piece.isEmpty() ? filler(id) : piece);
            types[id] = piece.isEmpty() ? GgufVocabulary.UNUSED : GgufVocabulary.NORMAL;
        }
        for (AddedToken token : json.addedTokens()) {
            types[token.id()] = token.special() ? GgufVocabulary.CONTROL : GgufVocabulary.USER_DEFINED;
        }
        for (int value = 0; json.byteFallback() && value < 256; value++) {
            Integer id = json.vocabulary().get(BpeModel.bytePiece(value));
            if (id != null) {
                types[id] = GgufVocabulary.BYTE;
            }
        }
        OptionalInt unknown = json.unknownToken().isPresent()
                ? tokenizer.id(json.unknownToken().get())
                : OptionalInt.empty();
        unknown.ifPresent(id -> types[id] = GgufVocabulary.UNKNOWN);
        return new GgufVocabulary(
                pieces,
                scores(json, types),
                types,
                tokenizer.bosId(),
                tokenizer.eosId(),
                unknown,
                tokenizer.padId(),
                tokenizer.addsBos(),
                tokenizer.addsEos(),
                prefix,
                false);
    }

    /** Whether a space is put in front; a GGUF file can say no more than that. */
    private static boolean addsPrefix(TokenizerJson json) {
        List<Step> steps = json.normalizers();
        Step spaces = new Replace(" ", MARK);
        if (json.metaspace().isPresent() && steps.isEmpty()) {
            TokenizerJson.Metaspace metaspace = json.metaspace().get();
            if (metaspace.mark() == BpeModel.SPACE_MARK && !metaspace.split()) {
                return metaspace.prepend() != PrependScheme.NEVER;
            }
        } else if (json.metaspace().isEmpty() && steps.equals(List.of(new Prepend(MARK), spaces))) {
            return true;
        } else if (json.metaspace().isEmpty() && steps.equals(List.of(spaces))) {
            return false;
        }
        throw refuse("normalises texts with " + steps + ", then " + json.metaspace());
    }

    /**
     * Pieces in the order in which merges first make them, then the other pieces by id, get 0, -1, -2 ... as SentencePiece's trainer gives them.
     * Pieces whose merges are mixed with one another had equal scores where the file was converted from SentencePiece, and get them again.
     */
    private static float[] scores(TokenizerJson json, byte[] types) {
        List<PiecePair> merges = json.merges();
        int[] made = new int[merges.size()];
        int[] last = new int[types.length];
        for (int rank = 0; rank < made.length; rank++) {
            PiecePair merge = merges.get(rank);
            made[rank] = json.vocabulary().getOrDefault(merge.left() + merge.right(), 0);
            last[made[rank]] = rank;
        }
        float[] scores = new float[types.length];
        boolean[] given = new boolean[types.length];
        int next = 0;
        int group = 0;
        int groupEnd = -1;
        for (int rank = 0; rank < made.length; rank++) {
            int id = made[rank];
            if (!given[id]) {
                group = rank > groupEnd ? next : group;
                given[id] = true;
                scores[id] = -group;
                next++;
                groupEnd = Math.max(groupEnd, last[id]);
            }
        }
        for (int id = 0; id < types.length; id++) {
            if (types[id] == GgufVocabulary.NORMAL && !given[id]) {
                scores[id] = -next++;
            } else if (types[id] == GgufVocabulary.USER_DEFINED || types[id] == GgufVocabulary.UNUSED) {
                scores[id] = ADDED_SCORE;
            }
        }
        return scores;
    }

    private static UserError refuse(String what) {
        return new UserError(
                "the tokenizer " + what + ", which a GGUF file with a SentencePiece vocabulary cannot say",
                "keep the format that the model has");
    }
}
