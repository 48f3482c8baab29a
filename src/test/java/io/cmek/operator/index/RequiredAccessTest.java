package io.cmek.operator.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.StatementKind;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequiredAccessTest {

    private static final AccessRequirements A = AccessRequirements.of(StatementKind.DATA_USE, List.of("a"));
    private static final AccessRequirements AB = AccessRequirements.of(StatementKind.DATA_USE, List.of("a", "b"));
    private static final AccessRequirements BACKUP = AccessRequirements.of(StatementKind.BACKUP_USE, List.of("a"));

    private final RequiredAccess access = new RequiredAccess();

    @Test
    void whatTwoRequireStaysUntilBothAreGone() {
        assertThat(access.add(A)).isTrue();
        assertThat(access.add(AB)).isTrue();
        assertThat(access.add(A)).as("nothing more").isFalse();
        assertThat(access.grants()).isEqualTo(AB);

        assertThat(access.remove(AB)).isTrue();
        assertThat(access.grants()).isEqualTo(A);
        assertThat(access.remove(A)).as("the other requires it still").isFalse();
        assertThat(access.remove(A)).isTrue();
        assertThat(access.grants().isEmpty()).isTrue();
    }

    @Test
    void eachKindOfStatementIsCountedByItself() {
        access.add(A);
        access.add(BACKUP);
        access.remove(A);

        assertThat(access.grants()).isEqualTo(BACKUP);
    }

    @Test
    void whatNobodyRequiresCannotBeRemoved() {
        access.add(A);

        assertThatThrownBy(() -> access.remove(AB))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("b is not required by " + StatementKind.DATA_USE);
    }
}
