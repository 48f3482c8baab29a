package io.cmek.operator.key;

/**
 * Patterns with wildcards, in time that grows with the product of both lengths, whatever the pattern: key policies are written by strangers,
 * and so are the names that the patterns of tenants are held against.
 */
public final class Wildcards {

    private Wildcards() {}

    /** As in IAM policies: {@code *} stands for any text and {@code ?} for one character (IAM User Guide, "Resource"). */
    public static boolean matches(String pattern, String text) {
        return matches(pattern, text, true);
    }

    /** As in the settings of tenants: {@code *} stands for any text and everything else for itself. */
    public static boolean matchesStars(String pattern, String text) {
        return matches(pattern, text, false);
    }

    private static boolean matches(String pattern, String text, boolean questionMarks) {
        int star = -1;
        int resume = 0;
        int p = 0;
        int t = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = t;
            } else if (p < pattern.length()
                    && (pattern.charAt(p) == text.charAt(t) || (questionMarks && pattern.charAt(p) == '?'))) {
                p++;
                t++;
            } else if (star >= 0) {
                // Only the last star can stand for more: the ones before it have taken the least that they can.
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
