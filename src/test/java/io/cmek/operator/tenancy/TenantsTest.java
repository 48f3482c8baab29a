package io.cmek.operator.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.StatementKind;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TenantsTest {

    private final Tenants tenants = new Tenants(List.of(
            tenant("everybody", "*"),
            tenant("teams", "team-*", "squad-*"),
            tenant("databases", "team-db-*"),
            tenant("orders", "team-db-orders"),
            tenant("suffix", "*-prod")));

    @ParameterizedTest
    @CsvSource({
        "default, everybody",
        "team, everybody",
        "team-a, teams",
        "squad-a, teams",
        "team-db-billing, databases",
        "team-db-orders, orders",
        "team-db-orders2, databases",
        "x-prod, suffix",
        // team- and -prod have as many literal characters: the first tenant by name.
        "team-prod, suffix",
    })
    void theMostSpecificPatternWins(String namespace, String tenant) {
        assertThat(tenants.of(namespace).map(Tenant::name)).contains(tenant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Team-a", "team-a\n", "\nteam-a", "team-a/..", "кириллица"})
    void aHostileNamespaceIsNobodys(String namespace) {
        assertThat(new Tenants(List.of(tenant("teams", "team-?", "team.a", "team-a"))).of(namespace))
                .isEmpty();
    }

    @Test
    void withoutTenantsNobodyIsCovered() {
        assertThat(new Tenants(List.of()).of("default")).isEmpty();
    }

    @Test
    void amongEqualsTheOrderOfTheSettingsDoesNotMatter() {
        var one = tenant("one", "a*");
        var two = tenant("two", "*a");

        assertThat(new Tenants(List.of(one, two)).of("aba")).isEqualTo(new Tenants(List.of(two, one)).of("aba"));
    }

    @Test
    void aTenantMayUseWhatItsPatternsCover() {
        Tenant tenant = new Tenant(
                "t",
                globs("*"),
                globs("arn:aws:kms:*:111122223333:key/*"),
                globs("orders-*"),
                CredentialScope.OWN,
                Tenant.Principals.of("p"),
                null);

        assertThat(tenant.mayUse(
                        KeyArn.parse("arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")))
                .isTrue();
        assertThat(tenant.mayUse(
                        KeyArn.parse("arn:aws:kms:eu-west-1:444455556666:key/mrk-1234abcd12ab34cd56ef1234567890ab")))
                .isFalse();
        assertThat(tenant.mayUse(KeyArn.parse(
                        "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")))
                .isFalse();
        assertThat(tenant.mayUseBucket("orders-data")).isTrue();
        assertThat(tenant.mayUseBucket("my-orders-data")).isFalse();
    }

    @Test
    void everyKindOfStatementHasItsPrincipals() {
        var principals = new Tenant.Principals(
                new TreeSet<>(List.of("data")),
                new TreeSet<>(List.of("backup")),
                new TreeSet<>(List.of("replication")));

        assertThat(principals.of(StatementKind.DATA_USE)).containsExactly("data");
        assertThat(principals.of(StatementKind.DATA_GRANTS)).containsExactly("data");
        assertThat(principals.of(StatementKind.BACKUP_USE)).containsExactly("backup");
        assertThat(principals.of(StatementKind.REPLICATION_USE)).containsExactly("replication");
    }

    private static Tenant tenant(String name, String... namespaces) {
        return new Tenant(
                name, globs(namespaces), globs("*"), globs("*"), CredentialScope.OWN, Tenant.Principals.of("p"), null);
    }

    private static List<Glob> globs(String... texts) {
        return Arrays.stream(texts).map(Glob::new).toList();
    }
}
