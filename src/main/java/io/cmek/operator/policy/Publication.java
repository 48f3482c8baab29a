package io.cmek.operator.policy;

/** What the owner of a key, who alone writes its policy, is given to write. */
public sealed interface Publication {

    /** The whole policy as it should be: as it was last read, with all that is wanted in it. */
    record Document(PolicyDocument policy) implements Publication {}

    /**
     * There is no document that could be written.
     *
     * @param why a sentence
     */
    record None(String why) implements Publication {}
}
