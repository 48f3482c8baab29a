package io.cmek.operator.key;

/**
 * Matches wildcard patterns in time proportional to the product of both lengths. The input is untrusted: strangers write key policies, and the names
 * that are matched against tenant patterns.
 */
public final class Wildcards {

    private Wildcards() {}

    /** IAM policy syntax: {@code *} stands for any text and {@code ?} for one character (IAM User Guide, "Resource"). */
    public static boolean matches(String pattern, String text) {
        return matches(pattern, text, true);
    }

    /** Syntax of the tenant settings: {@code *} stands for any text. All other characters are literal. */
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
                // Only the last star needs backtracking. The stars before it have the shortest match.
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
