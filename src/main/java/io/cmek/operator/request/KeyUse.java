package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.StatementKind;
import java.util.List;

/** A key of a request, and its purpose. */
public record KeyUse(Purpose purpose, KeyArn key) {

    /** The statements that this use needs in the key's policy. */
    public List<StatementKind> statements() {
        return switch (purpose) {
            case Data -> List.of(StatementKind.DATA_USE, StatementKind.DATA_GRANTS);
            case Backup -> List.of(StatementKind.BACKUP_USE);
            case Primary -> List.of(StatementKind.REPLICATION_USE);
        };
    }
}
