// The journal rule in Java, as a program of one file: which records of a recorded log count.
//
//   java Reader.java FILE     prints partition, offset and seq of each effective record but claims
//
// FILE has one line a record: partition, offset, header `j` in hexadecimal digits and, where it is known, the value
// in hexadecimal digits, separated by spaces.
// To use the rule in a program of your own, copy Header, Cursor and Rule; docs/readers/README.md shows how.

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;

public class Reader {

    /** The header {@code j} of a record. Of a claim, {@code seq} is the epoch before it. */
    record Header(int kind, long epoch, byte[] owner, long seq, int input, long first, long last, byte[] digest) {
        static final int VERSION = 1, OWNER_BYTES = 16, DIGEST_BYTES = 8;
        static final int CLAIM = 1, DECISION = 2, FACTS = 3, EVENT = 4, SKIP = 5;

        /** The layout, big-endian: version 1, kind 1, epoch 8, owner 16, seq 8, input 1, first 8, last 8, digest 8. */
        static final int BYTES = 1 + 1 + 8 + OWNER_BYTES + 8 + 1 + 8 + 8 + DIGEST_BYTES;

        static Header decode(byte[] bytes) {
            if (bytes == null || bytes.length != BYTES || bytes[0] != VERSION || bytes[1] < CLAIM || bytes[1] > SKIP)
                throw unknown();
            ByteBuffer in = ByteBuffer.wrap(bytes, 1, BYTES - 1);
            return new Header(in.get(), in.getLong(), take(in, OWNER_BYTES), in.getLong(), in.get(), in.getLong(),
                              in.getLong(), take(in, DIGEST_BYTES));
        }

        static IllegalStateException unknown() {
            return new IllegalStateException("a record of another version: stop, and update this program");
        }

        private static byte[] take(ByteBuffer in, int count) {
            byte[] bytes = new byte[count];
            in.get(bytes);
            return bytes;
        }
    }

    /** A position in a partition. All four parts belong together: never store the offset alone. */
    record Cursor(long offset, long epoch, byte[] owner, long seq) {
        static final Cursor START = new Cursor(0, 0, new byte[0], 0);
    }

    /** The rule, one object a partition. Call {@code effective} once for each record, in the order of offsets. */
    static class Rule {
        /** Of the bodies, as claims name it; a claim that names none means 1. */
        static final int SCHEMA_VERSION = 1;
        private static final Pattern SCHEMA = Pattern.compile("\"schema_version\"\\s*:\\s*(\\d+)");

        private long offset, epoch, seq;
        private byte[] owner;

        Rule(Cursor at) {
            offset = at.offset(); epoch = at.epoch(); owner = at.owner(); seq = at.seq();
        }

        Cursor cursor() {
            return new Cursor(offset, epoch, owner, seq);
        }

        boolean effective(long recordOffset, Header j, byte[] value) {
            if (recordOffset != offset) throw new IllegalStateException("at " + recordOffset + ", needed " + offset);
            offset = recordOffset + 1;
            if (j.kind() == Header.CLAIM) {
                boolean won = j.seq() == epoch && j.epoch() == j.seq() + 1;
                if (won && schemaVersion(value) > SCHEMA_VERSION) throw Header.unknown();
                if (won) { epoch = j.epoch(); owner = j.owner(); }
                return won;
            }
            boolean counts = j.epoch() == epoch && Arrays.equals(j.owner(), owner) && j.seq() == seq + 1;
            if (counts) seq++;
            return counts;
        }

        private static long schemaVersion(byte[] claim) {
            var found = SCHEMA.matcher(new String(claim, StandardCharsets.UTF_8));
            return found.find() ? Long.parseLong(found.group(1)) : 1;
        }
    }

    public static void main(String[] arguments) throws IOException {
        Map<Integer, Rule> rules = new HashMap<>();
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] parts = line.split(" ");
            int partition = Integer.parseInt(parts[0]);
            long offset = Long.parseLong(parts[1]);
            Header j = Header.decode(HexFormat.of().parseHex(parts[2]));
            byte[] value = HexFormat.of().parseHex(parts.length > 3 ? parts[3] : "");
            Rule rule = rules.computeIfAbsent(partition, number -> new Rule(Cursor.START));
            if (rule.effective(offset, j, value) && j.kind() != Header.CLAIM)
                out.append(partition).append(' ').append(offset).append(' ').append(j.seq()).append('\n');
        }
        System.out.print(out);
    }
}
