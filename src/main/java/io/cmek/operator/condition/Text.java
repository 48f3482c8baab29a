package io.cmek.operator.condition;

import java.nio.charset.StandardCharsets;

/** Makes text from others safe for our messages: one line of limited length. */
public final class Text {

    /** The length of a condition's message, in characters. */
    public static final int MAX_MESSAGE = 600;

    private static final String CUT = "…";

    private Text() {}

    /**
     * The text on one line, without control characters and truncated to the maximum.
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

    /**
     * The text truncated to the maximum, never within a character.
     *
     * @param longest in bytes of UTF-8
     */
    public static String bytes(String text, int longest) {
        if (text.getBytes(StandardCharsets.UTF_8).length <= longest) {
            return text;
        }
        int left = longest - CUT.getBytes(StandardCharsets.UTF_8).length;
        int end = 0;
        while (end < text.length()) {
            int codePoint = text.codePointAt(end);
            left -= Character.toString(codePoint).getBytes(StandardCharsets.UTF_8).length;
            if (left < 0) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return text.substring(0, end) + CUT;
    }

    /** The message truncated to {@link #MAX_MESSAGE}. */
    public static String message(String message) {
        return line(message, MAX_MESSAGE);
    }
}
