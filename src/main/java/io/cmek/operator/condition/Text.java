package io.cmek.operator.condition;

/** Text of others in our messages: one line, and no longer than it may be. */
public final class Text {

    /** The length of a condition's message, in characters. */
    public static final int LONGEST_MESSAGE = 600;

    private static final String CUT = "…";

    private Text() {}

    /**
     * The text on one line, without control characters, and cut where it is too long.
     *
     * @param longest in characters
     */
    public static String line(String text, int longest) {
        String line = text.replaceAll("[\\p{Cc}\\p{Cf}\\u2028\\u2029\\s]+", " ").strip();
        if (line.length() <= longest) {
            return line;
        }
        int end = longest - CUT.length();
        return line.substring(0, Character.isHighSurrogate(line.charAt(end - 1)) ? end - 1 : end) + CUT;
    }

    /** As much of a message as a condition has room for. */
    public static String message(String message) {
        return line(message, LONGEST_MESSAGE);
    }
}
