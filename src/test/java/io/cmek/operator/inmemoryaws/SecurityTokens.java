package io.cmek.operator.inmemoryaws;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** STS: everybody may assume every role. */
final class SecurityTokens {

    HttpReply answer(String operation, String account) {
        String result =
                switch (operation) {
                    case "AssumeRole" ->
                        """
                            <Credentials><AccessKeyId>ASIAANSWERER</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
                            <SessionToken>token</SessionToken><Expiration>%s</Expiration></Credentials>\
                            <AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::%s:assumed-role/r/s</Arn>\
                            </AssumedRoleUser>""".formatted(Instant.now().plus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS), account);
                    case "GetCallerIdentity" ->
                        "<Account>" + account + "</Account><UserId>AIDA</UserId><Arn>arn:aws:iam::" + account
                                + ":user/operator</Arn>";
                    default -> "";
                };
        return HttpReply.xml(
                200,
                "<" + operation + "Response><" + operation + "Result>" + result + "</" + operation + "Result></"
                        + operation + "Response>");
    }
}
