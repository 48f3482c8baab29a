package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyAccess.Use;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a Deny does to the role as which EBS attaches volumes (EBS User Guide, "Permissions for instances"), and to the service's roles by a
 * {@code NotPrincipal} (IAM User Guide).
 */
class EbsAccessTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String ACCOUNT = "111122223333";
    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final String OTHER = "arn:aws:iam::111122223333:role/replicator";
    private static final String EBS = "arn:aws:iam::111122223333:role/aws:ec2-infrastructure";

    /** What comes of a policy for volumes, or for the service. */
    enum Outcome {
        GRANTED,
        DOUBT,
        DENIED
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // Only the service's roles are exempt.
                "'Principal':'*','Condition':{'StringNotLike':{'aws:PrincipalArn':['@ROLE','@OTHER']}} | DENIED",
                "'Principal':{'AWS':'*'},'Condition':{'ArnNotLike':{'aws:PrincipalArn':'@ROLE'}} | DENIED",
                "'Principal':'*','Condition':{'StringNotEquals':{'aws:principalarn':'@ROLE'}} | DENIED",
                "'Principal':'*','Condition':{'ArnNotEquals':{'AWS:PrincipalARN':'@ROLE'}} | DENIED",
                "'Principal':'*','Condition':{'ArnNotLikeIfExists':{'aws:PrincipalArn':'@ROLE'}} | DENIED",
                "'Principal':{'AWS':'111122223333'},'Condition':{'ArnNotLike':{'aws:PrincipalArn':'@ROLE'}} | DENIED",
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/data-*'}} | DENIED",
                // The account's id is in the ARN, and the partition.
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':['@ROLE','arn:aws:iam::444455556666:role/aws:ec2-infrastructure*']}} | DENIED",
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':['@ROLE','arn:aws-cn:iam::111122223333:role/aws:ec2-infrastructure*']}} | DENIED",
                // EBS's role is exempt.
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':['@ROLE','@EBS','@EBS/*']}} | GRANTED",
                "'Principal':'*','Condition':{'StringNotLike':{'aws:PrincipalArn':['@ROLE','@EBS*']}} | GRANTED",
                "'Principal':'*','Condition':{'StringNotEquals':{'aws:PrincipalArn':['@ROLE','@EBS']}} | GRANTED",
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':['@ROLE','arn:aws:iam::*:role/aws:ec2-infrastructure']}} | GRANTED",
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':'arn:*:iam::111122223333:role/*'}} | GRANTED",
                "'Principal':'*','Condition':{'StringNotLike':{'aws:PrincipalArn':'arn:aws:iam::111122223333:*'}} | GRANTED",
                "'Principal':'*','Condition':{'StringNotEquals':{'aws:PrincipalAccount':'111122223333'}} | GRANTED",
                "'Principal':'*','Condition':{'StringNotEquals':{'kms:CallerAccount':['111122223333','444455556666']}} | GRANTED",
                // Only with the id of an instance.
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':['@ROLE','@EBS/*']}} | DOUBT",
                "'Principal':'*','Condition':{'StringNotLike':{'aws:PrincipalArn':['@ROLE','@EBS/i-*']}} | DOUBT",
                "'Principal':'*','Condition':{'StringNotEquals':{'aws:PrincipalArn':['@ROLE','@EBS/i-0123456789abcdef0']}} | DOUBT",
                "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':['@ROLE','arn:aws:iam::*:role/aws:ec2-*/i-0ab*']}} | DOUBT",
                // Other conditions, beside it and alone.
                "'Principal':'*','Condition':{'StringNotEquals':{'aws:PrincipalOrgID':'o-example'}} | DOUBT",
                "'Principal':'*','Condition':{'StringNotEquals':{'aws:PrincipalOrgID':'o-example'},'ArnNotLike':{'aws:PrincipalArn':'@EBS'}} | GRANTED",
                "'Principal':'*','Condition':{'StringNotLike':{'aws:userid':'AROAEXAMPLEID:i-*'}} | DOUBT",
                "'Principal':'*','Condition':{'StringNotEquals':{'aws:PrincipalTag/team':'a'},'ArnNotLike':{'aws:PrincipalArn':'@ROLE'}} | DOUBT",
                "'Principal':'*','Condition':{'NotIpAddress':{'aws:SourceIp':'192.0.2.0/24'},'ArnNotLike':{'aws:PrincipalArn':'@ROLE'}} | DOUBT",
                "'Principal':'*','Condition':{'StringNotLike':{'aws:PrincipalArn':'arn:aws:iam::${aws:PrincipalAccount}:role/*'}} | DOUBT",
                "'Principal':'*','Condition':{'Bool':{'kms:GrantIsForAWSResource':'true'}} | GRANTED",
                "'Principal':'*','Condition':{'Bool':{'aws:SecureTransport':'false'}} | GRANTED",
                // EC2 decrypts, and not S3 or RDS.
                "'Principal':'*','Condition':{'StringNotEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}} | DENIED",
                "'Principal':'*','Condition':{'StringNotEqualsIfExists':{'kms:ViaService':'ec2.us-east-1.amazonaws.com'}} | DOUBT",
                "'Principal':'*','Condition':{'StringEquals':{'kms:ViaService':'ec2.us-east-1.amazonaws.com'}} | DOUBT",
                "'Principal':'*','Condition':{'StringEquals':{'kms:ViaService':'rds.us-east-1.amazonaws.com'}} | GRANTED",
                // It is meant.
                "'Principal':'*','Condition':{'ArnLike':{'aws:PrincipalArn':'@EBS*'}} | DENIED",
                "'Principal':'*','Condition':{'ArnLike':{'aws:PrincipalArn':'@EBS/*'}} | DOUBT",
                "'Principal':'*','Condition':{'ArnEquals':{'aws:PrincipalArn':'@EBS/i-0123456789abcdef0'}} | DOUBT",
                "'Principal':{'AWS':'arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0'} | DOUBT",
                "'Principal':{'AWS':'@OTHER'} | GRANTED",
                "'Principal':{'AWS':'444455556666'} | GRANTED",
                "'Principal':{'Service':'ec2.amazonaws.com'} | GRANTED",
                // No role that does not exist can be in a policy: the account exempts EBS's.
                "'NotPrincipal':{'AWS':'@ROLE'} | DENIED",
                "'NotPrincipal':{'AWS':['@ROLE','@ROOT']} | GRANTED",
                "'NotPrincipal':{'AWS':['@ROLE','111122223333']} | GRANTED",
                "'NotPrincipal':{'AWS':['@ROLE','444455556666']} | DENIED",
                "'NotPrincipal':{'AWS':['@ROLE','@ROOT','arn:aws:sts::111122223333:assumed-role/data-plane/app']} | GRANTED",
                "'NotPrincipal':{'AWS':['@ROLE','arn:aws:sts::111122223333:assumed-role/data-plane/app']} | DENIED",
                "'NotPrincipal':{'Service':'s3.amazonaws.com'} | DENIED",
                "'NotPrincipal':'*' | GRANTED",
            })
    void aDenyOfDecryptToVolumes(String rest, Outcome expected) {
        for (String action : List.of("'Action':'kms:Decrypt'", "'Action':['KMS:*']", "'NotAction':['kms:Describe*']")) {
            PolicyAccess access = read(deny(action, rest));
            assertThat(outcome(access)).as(action).isEqualTo(expected);
            assertThat(sentences(access)).as("they name the statement").allMatch(s -> s.contains("'OnlyReaders'"));
            assertThat(sentences(access).isEmpty()).isEqualTo(expected == Outcome.GRANTED);
        }
        assertThat(outcome(read(deny("'Action':'kms:Encrypt'", rest)))).isEqualTo(Outcome.GRANTED);
        assertThat(outcome(read(deny("'NotAction':'kms:Decrypt'", rest)))).isEqualTo(Outcome.GRANTED);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'NotPrincipal':{'AWS':'@ROLE'} | DOUBT",
                "'NotPrincipal':{'AWS':['@ROLE','444455556666']} | DOUBT",
                "'NotPrincipal':{'AWS':['@ROLE','@ROOT']} | GRANTED",
                "'NotPrincipal':{'AWS':['@ROLE','111122223333']} | GRANTED",
                "'NotPrincipal':{'AWS':'@ROOT'} | DENIED",
                "'NotPrincipal':{'AWS':['@OTHER','@ROOT']} | DENIED",
                "'NotPrincipal':{'AWS':['@ROOT','arn:aws:sts::111122223333:assumed-role/data-plane/app']} | DENIED",
                "'Principal':{'AWS':'arn:aws:sts::111122223333:assumed-role/data-plane/app'} | DOUBT",
                "'Principal':{'AWS':'arn:aws:sts::111122223333:assumed-role/replicator/app'} | GRANTED",
                "'Principal':{'AWS':'arn:aws:sts::444455556666:assumed-role/data-plane/app'} | GRANTED",
            })
    void aDenyToTheRoleOrToItsSessions(String rest, Outcome expected) {
        assertThat(ofService(read(deny("'Action':'kms:Decrypt'", rest)))).isEqualTo(expected);
    }

    /** A backup key encrypts no volumes. */
    @Test
    void aKeyWithoutVolumesIsNotJudgedByThem() {
        PolicyDocument policy = policy(
                "{'Effect':'Allow','Principal':{'AWS':'@ROLE'},'Action':'kms:*','Resource':'*'}",
                deny(
                        "'Action':'kms:Decrypt'",
                        "'Principal':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':'@ROLE'}}"));
        for (StatementKind kind : List.of(StatementKind.BACKUP_USE, StatementKind.REPLICATION_USE)) {
            assertThat(PolicyAccess.read(policy, Policies.KEY, AccessRequirements.of(kind, Set.of(ROLE)))
                            .isComplete())
                    .isTrue();
        }
    }

    /** EBS attaches in the account of whoever has the volume attached, and the partition is the key's. */
    @Test
    void theAccountIsThatOfThePrincipalsAndThePartitionThatOfTheKey() {
        var key =
                KeyArn.parse("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        String data = "arn:aws-us-gov:iam::444455556666:role/data-plane";
        String statements = "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*'},"
                + "{'Sid':'S','Effect':'Deny','Principal':'*','Action':'kms:Decrypt','Resource':'*','Condition':"
                + "{'ArnNotLike':{'aws:PrincipalArn':['" + data + "','@EXEMPT']}}}";
        for (String exempt : List.of(
                "arn:aws-us-gov:iam::444455556666:role/aws:ec2-infrastructure",
                "arn:aws-us-gov:iam::111122223333:role/aws:ec2-infrastructure",
                "arn:aws:iam::444455556666:role/aws:ec2-infrastructure")) {
            PolicyAccess access = PolicyAccess.read(
                    policy(statements.replace("@EXEMPT", exempt)),
                    key,
                    AccessRequirements.of(StatementKind.DATA_GRANTS, Set.of(data)));

            assertThat(outcome(access))
                    .isEqualTo(exempt.startsWith("arn:aws-us-gov:iam::4") ? Outcome.GRANTED : Outcome.DENIED);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // The same for all roles of the account.
                "'StringNotEqualsIfExists':{'aws:PrincipalOrgID':'o-example'},'BoolIfExists':{'aws:PrincipalIsAWSService':'false'} | GRANTED",
                "'StringNotEquals':{'aws:PrincipalAccount':'${aws:ResourceAccount}'} | GRANTED",
                // The role that proved was exempt for another reason.
                "'StringNotEquals':{'aws:PrincipalOrgID':'o-example'},'ArnNotLike':{'aws:PrincipalArn':'@ROLE'} | DOUBT",
                // The same for one role only.
                "'StringNotLike':{'aws:PrincipalArn':'arn:aws:iam::${aws:PrincipalAccount}:role/*'} | DOUBT",
                // Another in each session.
                "'StringNotLike':{'aws:userid':'AROAEXAMPLEID:i-*'} | DOUBT",
                "'StringNotEquals':{'aws:PrincipalTag/team':'a'} | DOUBT",
                "'StringNotEquals':{'aws:PrincipalOrgID':'${aws:PrincipalTag/org}'} | DOUBT",
                // Another in each call.
                "'NotIpAddress':{'aws:SourceIp':'192.0.2.0/24'} | DOUBT",
                // No proof is stronger than a Deny.
                "'ArnNotLike':{'aws:PrincipalArn':'@ROLE'} | DENIED",
                "'ArnNotLike':{'aws:PrincipalArn':['@ROLE','@EBS/*']} | DOUBT",
            })
    void aProofAsARoleOfTheAccountSettlesForVolumesWhatAllItsRolesHaveInCommon(String condition, Outcome expected) {
        PolicyAccess access = read(deny("'Action':'kms:*'", "'Principal':'*','Condition':{" + condition + "}"));

        assertThat(outcome(access.provenFor(ROLE))).isEqualTo(expected);
        assertThat(access.provenFor("arn:aws:iam::111122223333:role/unknown")).isEqualTo(access);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'kms:*' | 'StringNotEquals':{'aws:PrincipalOrgID':'o-example'} | GRANTED",
                "'kms:*' | 'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-example/*'} | GRANTED",
                "'kms:*' | 'StringNotLike':{'aws:PrincipalArn':'arn:aws:iam::${aws:PrincipalAccount}:role/*'} | GRANTED",
                "'kms:*' | 'StringNotLike':{'aws:userid':'AROAEXAMPLEID:i-*'} | DOUBT",
                "'kms:*' | 'StringNotEquals':{'aws:PrincipalTag/team':'a'} | DOUBT",
                "'kms:*' | 'StringNotEquals':{'aws:SourceVpc':'vpc-0abc'} | DOUBT",
                // A proof encrypts and decrypts; of a Deny of anything else it says nothing.
                "'kms:CreateGrant' | 'StringNotEquals':{'aws:PrincipalOrgID':'o-example'} | DOUBT",
                "'kms:ReEncrypt*' | 'StringNotEquals':{'aws:PrincipalOrgID':'o-example'} | DOUBT",
            })
    void aProofSettlesForTheRoleWhatAllItsSessionsHaveInCommon(String action, String condition, Outcome expected) {
        PolicyAccess access = read(deny("'Action':" + action, "'Principal':'*','Condition':{" + condition + "}"));

        assertThat(ofService(access)).isEqualTo(Outcome.DOUBT);
        assertThat(ofService(access.provenFor(ROLE))).isEqualTo(expected);
    }

    @Test
    void aConditionOnTheSessionExcusesARefusalAndOneOnTheRoleDoesNot() {
        for (String key : List.of("aws:userid", "aws:PrincipalTag/team", "aws:SourceVpc")) {
            assertThat(read(deny(
                                    "'Action':'kms:*'",
                                    "'Principal':'*','Condition':{'StringNotEquals':{'" + key + "':'x'}}"))
                            .inconclusiveFor(ROLE))
                    .as(key)
                    .isNotEmpty();
        }
        for (String key : List.of("aws:PrincipalOrgID", "aws:PrincipalType")) {
            assertThat(read(deny(
                                    "'Action':'kms:*'",
                                    "'Principal':'*','Condition':{'StringNotEquals':{'" + key + "':'x'}}"))
                            .inconclusiveFor(ROLE))
                    .as(key)
                    .isEmpty();
        }
        assertThat(read(deny("'Action':'kms:*'", "'NotPrincipal':{'AWS':'@ROLE'}"))
                        .inconclusiveFor(ROLE))
                .isEmpty();
    }

    // -- all Deny statements, by an evaluator of its own

    /** A Deny, as its parts. */
    record Deny(String partition, String actions, List<String> named, boolean not, Map<String, List<String>> byArn) {

        String json() {
            try {
                var statement = new LinkedHashMap<String, Object>();
                statement.put("Sid", "OnlyReaders");
                statement.put("Effect", "Deny");
                statement.put(not ? "NotPrincipal" : "Principal", Map.of("AWS", named));
                statement.put("Action", actions);
                statement.put("Resource", "*");
                if (!byArn.isEmpty()) {
                    var condition = new LinkedHashMap<String, Object>();
                    byArn.forEach((operator, arns) -> condition.put(operator, Map.of("aws:PrincipalArn", arns)));
                    statement.put("Condition", condition);
                }
                return JSON.writeValueAsString(statement);
            } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
                throw new IllegalArgumentException(e);
            }
        }

        /** Whether it denies Decrypt to a role of the account that is called so. */
        boolean denies(String arn) {
            boolean account = named.stream().anyMatch(p -> p.equals(ACCOUNT) || p.endsWith("::" + ACCOUNT + ":root"));
            boolean everybody = named.contains("*");
            return glob(actions.toLowerCase(java.util.Locale.ROOT), "kms:decrypt")
                    && (everybody || account) != not
                    && byArn.entrySet().stream().allMatch(e -> passes(e.getKey(), e.getValue(), arn));
        }

        private static boolean passes(String operator, List<String> values, String arn) {
            BiPredicate<String, String> test = operator.contains("Equals") && operator.startsWith("String")
                    ? String::equals
                    : operator.startsWith("String") ? Deny::glob : Deny::arn;
            return values.stream().anyMatch(v -> test.test(v, arn)) != operator.contains("Not");
        }

        private static boolean arn(String pattern, String arn) {
            String[] patterns = pattern.split(":", 6);
            String[] parts = arn.split(":", 6);
            return patterns.length == 6 && IntStream.range(0, 6).allMatch(i -> glob(patterns[i], parts[i]));
        }

        private static boolean glob(String pattern, String text) {
            String regex = pattern.chars()
                    .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf((char) c)))
                    .collect(Collectors.joining());
            return Pattern.matches(regex, text);
        }

        Outcome outcome() {
            String role = "arn:" + partition + ":iam::" + ACCOUNT + ":role/aws:ec2-infrastructure";
            long denied = List.of("i-0123456789abcdef0", "i-0abc0", "i-0ffffffffffffffff").stream()
                    .filter(id -> denies(role + "/" + id))
                    .count();
            boolean exempts = byArn.keySet().stream().anyMatch(o -> o.contains("Not"));
            if (denies(role)) {
                return denied == 3 ? Outcome.DENIED : Outcome.DOUBT;
            }
            return denied > 0 && !exempts ? Outcome.DOUBT : Outcome.GRANTED;
        }
    }

    @Property(tries = 2000)
    void everyDenyDoesToVolumesWhatAnEvaluatorOfItsOwnSays(@ForAll("denies") Deny deny) {
        String role = "arn:" + deny.partition() + ":iam::" + ACCOUNT + ":role/data-plane";
        var key = KeyArn.parse(
                "arn:" + deny.partition() + ":kms:us-east-1:777788889999:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        String allow = "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" + role
                + "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}";
        PolicyAccess access = PolicyAccess.read(
                Policies.parse("{\"Statement\":[" + allow + "," + deny.json() + "]}"),
                key,
                AccessRequirements.of(StatementKind.DATA_GRANTS, Set.of(role)));

        assertThat(outcome(access)).as(deny.json()).isEqualTo(deny.outcome());
        // Whatever a role of the service proves.
        assertThat(outcome(access.provenFor(role))).isEqualTo(deny.outcome());
        if (deny.outcome() != Outcome.GRANTED) {
            assertThat(access.isComplete()).isFalse();
        }
    }

    @Provide
    Arbitrary<Deny> denies() {
        return Arbitraries.of("aws", "aws-us-gov", "aws-cn").flatMap(partition -> {
            String roles = "arn:" + partition + ":iam::" + ACCOUNT + ":role/";
            Arbitrary<List<String>> named = Arbitraries.of(
                            "*",
                            ACCOUNT,
                            "arn:" + partition + ":iam::" + ACCOUNT + ":root",
                            "arn:" + partition + ":iam::444455556666:root",
                            roles + "data-plane",
                            "arn:" + partition + ":sts::" + ACCOUNT + ":assumed-role/data-plane/app")
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(3)
                    .uniqueElements();
            Arbitrary<List<String>> arns = Arbitraries.of(
                            roles + "data-plane",
                            roles + "data-*",
                            roles + "*",
                            roles + "aws:ec2-infrastructure",
                            roles + "aws:ec2-infrastructure*",
                            roles + "aws:ec2-infrastructure/*",
                            roles + "aws:ec2-infrastructure/i-*",
                            roles + "aws:ec2-infrastructure/i-0abc*",
                            roles + "aws:ec2-infrastructure/i-0123456789abcdef0",
                            roles + "aws:ec2-?nfrastructure",
                            "arn:*:iam::*:role/aws:ec2-infrastructure",
                            "arn:*:iam::*:role/aws:ec2-infrastructure/i-0abc*",
                            "arn:aws:iam::" + ACCOUNT + ":role/aws:ec2-infrastructure",
                            "arn:" + partition + ":iam::444455556666:role/aws:ec2-infrastructure*",
                            "*aws:ec2-infrastructure*",
                            "*data-plane",
                            "*")
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(3);
            Arbitrary<Map<String, List<String>>> conditions = Arbitraries.maps(
                            Arbitraries.of(
                                    "StringLike",
                                    "StringNotLike",
                                    "StringEquals",
                                    "StringNotEquals",
                                    "ArnLike",
                                    "ArnNotLike",
                                    "ArnEquals",
                                    "ArnNotEquals",
                                    "StringNotLikeIfExists",
                                    "ArnNotEqualsIfExists"),
                            arns)
                    .ofMaxSize(2)
                    // Operators on ARNs have patterns of ARNs: of others, nobody can tell.
                    .filter(byArn -> byArn.entrySet().stream()
                            .filter(e -> e.getKey().startsWith("Arn"))
                            .flatMap(e -> e.getValue().stream())
                            .allMatch(pattern -> pattern.split(":", 6).length == 6));
            return Combinators.combine(
                            Arbitraries.of("kms:*", "kms:Decrypt", "KMS:DECRYPT", "kms:De*", "*", "kms:Encrypt"),
                            named,
                            Arbitraries.of(true, false, false),
                            conditions)
                    .as((action, principals, not, byArn) -> new Deny(partition, action, principals, not, byArn));
        });
    }

    // -- the means

    private static Outcome outcome(PolicyAccess access) {
        return !access.volumeDenials().isEmpty()
                ? Outcome.DENIED
                : access.unresolvedConditions().stream().anyMatch(d -> d.use() == Use.VOLUMES)
                        ? Outcome.DOUBT
                        : Outcome.GRANTED;
    }

    private static Outcome ofService(PolicyAccess access) {
        return !access.denials().isEmpty()
                ? Outcome.DENIED
                : access.unresolvedConditions().stream().anyMatch(d -> d.use() != Use.VOLUMES)
                        ? Outcome.DOUBT
                        : Outcome.GRANTED;
    }

    private static List<String> sentences(PolicyAccess access) {
        var sentences = new ArrayList<>(access.volumeDenials());
        access.unresolvedConditions().stream()
                .filter(d -> d.use() == Use.VOLUMES)
                .forEach(d -> sentences.add(d.sentence()));
        return sentences;
    }

    private static String deny(String action, String rest) {
        return "{'Sid':'OnlyReaders','Effect':'Deny'," + action + ",'Resource':'*'," + rest + "}";
    }

    private static PolicyAccess read(String deny) {
        var wanted = new AccessRequirements(Map.of(
                StatementKind.DATA_USE, new TreeSet<>(Set.of(ROLE)),
                StatementKind.DATA_GRANTS, new TreeSet<>(Set.of(ROLE))));
        return PolicyAccess.read(
                policy("{'Effect':'Allow','Principal':{'AWS':'@ROLE'},'Action':'kms:*','Resource':'*'}", deny),
                Policies.KEY,
                wanted);
    }

    private static PolicyDocument policy(String... statements) {
        return Policies.parse("{\"Statement\":["
                + String.join(",", statements)
                        .replace('\'', '"')
                        .replace("@ROLE", ROLE)
                        .replace("@OTHER", OTHER)
                        .replace("@ROOT", "arn:aws:iam::111122223333:root")
                        .replace("@EBS", EBS)
                + "]}");
    }
}
