package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.RequestContext.Holds;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestContextTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/service/data-plane";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final Map<String, String> OPPOSITES = Map.of(
            "StringEquals", "StringNotEquals",
            "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
            "StringLike", "StringNotLike",
            "ArnLike", "ArnNotLike",
            "ArnEquals", "ArnNotEquals");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'StringEquals':{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/service/data-plane'}} | ALWAYS",
                "{'StringEquals':{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/SERVICE/data-plane'}} | NEVER",
                "{'StringEqualsIgnoreCase':{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/SERVICE/data-plane'}} | ALWAYS",
                "{'StringEquals':{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/*'}} | NEVER",
                "{'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::111122223333:role/*'}} | ALWAYS",
                "{'ArnLike':{'aws:PrincipalArn':'arn:*:*:*:*:role/service/data-plane'}} | ALWAYS",
                "{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:user/*'}} | NEVER",
                "{'StringLike':{'aws:PrincipalArn':'arn:*:role/service/data-?lane'}} | ALWAYS",
                "{'StringNotLike':{'aws:PrincipalArn':['x','*']}} | NEVER",
                "{'StringEquals':{'aws:PrincipalAccount':[]}} | NEVER",
                "{'StringNotEquals':{'aws:PrincipalAccount':[]}} | ALWAYS",
                // It is there for grants only.
                "{'Bool':{'kms:GrantIsForAWSResource':'true'}} | NEVER",
                "{'BoolIfExists':{'kms:GrantIsForAWSResource':'true'}} | ALWAYS",
                "{'Null':{'kms:GrantIsForAWSResource':'true'}} | ALWAYS",
                "{'Null':{'kms:GrantIsForAWSResource':false}} | NEVER",
                "{'Null':{'kms:GrantIsForAWSResource':'True'}} | ALWAYS",
                "{'Null':{'aws:PrincipalArn':'False'}} | ALWAYS",
                // Calls that a service makes for the role may lack it.
                "{'Bool':{'aws:SecureTransport':'true'}} | PERHAPS",
                "{'Bool':{'aws:SecureTransport':'false'}} | NEVER",
                "{'BoolIfExists':{'aws:SecureTransport':'false'}} | PERHAPS",
                "{'Null':{'kms:ViaService':'true'}} | PERHAPS",
                "{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}} | PERHAPS",
                "{'StringEqualsIfExists':{'kms:ViaService':['s3.us-east-1.amazonaws.com','ec2.us-east-1.amazonaws.com']}} | ALWAYS",
                "{'StringEquals':{'kms:ViaService':'s3.us-west-2.amazonaws.com'}} | NEVER",
                "{'StringNotEquals':{'kms:ViaService':'s3.us-west-2.amazonaws.com'}} | ALWAYS",
                // All of them have to hold.
                "{'StringEquals':{'aws:PrincipalAccount':'111122223333','aws:PrincipalOrgID':'o-1'}} | PERHAPS",
                "{'StringEquals':{'aws:PrincipalAccount':'444455556666','aws:PrincipalOrgID':'o-1'}} | NEVER",
                "{'StringEquals':{'aws:PrincipalAccount':'111122223333'},'Bool':{'kms:GrantIsForAWSResource':'true'}} | NEVER",
            })
    void conditionsOfUse(String condition, Holds expected) {
        assertThat(ofUse(condition)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]", "{}",
            })
    void noConditionAlwaysHolds(String condition) {
        assertThat(ofUse(condition)).isEqualTo(Holds.ALWAYS);
        assertThat(of(StatementKind.DATA_USE, ROLE).holds(null)).isEqualTo(Holds.ALWAYS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "'x'",
                "7",
                "[1]",
                "{'StringEquals':'x'}",
                "{'Sounds':{'aws:PrincipalAccount':'111122223333'}}",
                "{'ForAllValues:StringEquals':{'aws:PrincipalAccount':'111122223333'}}",
                "{'StringEquals':{'aws:PrincipalTag/account':'111122223333'}}",
                "{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}}",
                // What is no ARN, no source says of what pattern.
                "{'ArnLike':{'aws:PrincipalArn':'*'}}",
                "{'ArnNotLike':{'aws:PrincipalArn':['arn:aws:iam::111122223333:role/other','arn:*:role/service/data-plane']}}",
            })
    void ofWhatItDoesNotKnowItSaysNothing(String condition) {
        assertThat(ofUse(condition)).isEqualTo(Holds.PERHAPS);
    }

    @ParameterizedTest
    @EnumSource
    void grantsAreForAResourceOfAws(StatementKind kind) throws Exception {
        JsonNode forResource = JSON.readTree("{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\"}}");

        assertThat(of(kind, ROLE).holds(forResource))
                .isEqualTo(kind.onlyForAwsResources() ? Holds.ALWAYS : Holds.NEVER);
    }

    @Test
    void anAccountHasManyRoles() throws Exception {
        JsonNode thisRole = JSON.readTree("{\"StringEquals\":{\"aws:PrincipalArn\":\"" + ROLE + "\"}}");
        JsonNode thisAccount = JSON.readTree("{\"StringEquals\":{\"kms:CallerAccount\":\"111122223333\"}}");
        RequestContext account = of(StatementKind.DATA_USE, "arn:aws:iam::111122223333:root");

        assertThat(account.holds(thisRole)).isEqualTo(Holds.PERHAPS);
        assertThat(account.holds(thisAccount)).isEqualTo(Holds.ALWAYS);
    }

    @Test
    void namesOfServicesAreKnownInPartitionsThatDocumentThem() throws Exception {
        KeyArn china = KeyArn.parse("arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        JsonNode viaRds = JSON.readTree("{\"StringEquals\":{\"kms:ViaService\":\"rds.cn-north-1.amazonaws.com\"}}");

        assertThat(RequestContext.of(china, StatementKind.DATA_USE, ROLE).holds(viaRds))
                .isEqualTo(Holds.PERHAPS);
    }

    /** Whatever is known or not: an operator and its opposite hold never both, and the one always where the other never does. */
    @Property
    void aNegatedOperatorHoldsWhereItsOppositeDoesNot(
            @ForAll("operators") String operator,
            @ForAll("keys") String key,
            @ForAll("values") List<String> values,
            @ForAll StatementKind kind) {
        RequestContext circumstances = of(kind, ROLE);
        Holds one = circumstances.holds(condition(operator, key, values));
        Holds other = circumstances.holds(condition(OPPOSITES.get(operator), key, values));

        assertThat(other)
                .isEqualTo(
                        switch (one) {
                            case ALWAYS -> Holds.NEVER;
                            case NEVER -> Holds.ALWAYS;
                            case PERHAPS -> Holds.PERHAPS;
                        });
    }

    @Provide
    Arbitrary<String> operators() {
        return Arbitraries.of(OPPOSITES.keySet());
    }

    @Provide
    Arbitrary<String> keys() {
        return Arbitraries.of(
                "aws:PrincipalArn",
                "kms:CallerAccount",
                "kms:ViaService",
                "aws:SecureTransport",
                "kms:GrantIsForAWSResource",
                "aws:PrincipalOrgID",
                "kms:EncryptionContext:a");
    }

    @Provide
    Arbitrary<List<String>> values() {
        Arbitrary<String> some = Arbitraries.of(
                ROLE,
                "arn:aws:iam::111122223333:role/*",
                "111122223333",
                "true",
                "false",
                "s3.us-east-1.amazonaws.com",
                "*.us-east-1.amazonaws.com",
                "${aws:username}",
                "*");
        return Combinators.combine(some, some).as(List::of);
    }

    private static JsonNode condition(String operator, String key, List<String> values) {
        return JSON.valueToTree(Map.of(operator, Map.of(key, values)));
    }

    private static Holds ofUse(String condition) {
        try {
            return of(StatementKind.DATA_USE, ROLE).holds(JSON.readTree(condition.replace('\'', '"')));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static RequestContext of(StatementKind kind, String principal) {
        return RequestContext.of(Policies.KEY, kind, principal);
    }
}
