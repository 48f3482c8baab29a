package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Deserializes a stored object of one of the kinds. An object that this version cannot read gets its metadata and an {@link Unreadable}. An
 * exception would make the Kubernetes client fail the whole list.
 *
 * <p>It drops metadata that the operator does not use: managedFields, labels, ownerReferences and annotations of others. The informer cache holds the
 * metadata for the life of the object, and any user with {@code edit} can make it large. Dropping it is safe, because the operator only applies or
 * patches single fields. It has no permission to {@code update} a whole object.
 *
 * @param <S> the spec
 * @param <T> the status
 * @param <R> the kind
 */
abstract class StoredResourceReader<S, T, R extends CustomResource<S, T>> extends JsonDeserializer<R> {

    /** Only annotations with this prefix are kept. */
    static final String OUR_ANNOTATIONS = "cmek.io/";

    /** The annotations of this operator are few and short switches, so more or longer ones are not from this operator. */
    static final int MAX_ANNOTATIONS = 16;

    static final int MAX_ANNOTATION = 256;

    /** A patch of the finalizers writes the whole list. So a longer list makes the object unreadable instead of being truncated. */
    static final int MAX_FINALIZERS = 64;

    private final Supplier<R> empty;
    private final Class<S> specType;
    private final Class<T> statusType;
    private final Consumer<S> checkSpec;
    private final Consumer<T> checkStatus;
    private final BiConsumer<R, Unreadable> mark;

    /**
     * @param checkSpec throws {@link IllegalArgumentException} if a required field is missing
     * @param checkStatus throws {@link IllegalArgumentException} if a required field is missing
     * @param mark marks the object as unreadable
     */
    StoredResourceReader(
            Supplier<R> empty,
            Class<S> specType,
            Class<T> statusType,
            Consumer<S> checkSpec,
            Consumer<T> checkStatus,
            BiConsumer<R, Unreadable> mark) {
        this.empty = empty;
        this.specType = specType;
        this.statusType = statusType;
        this.checkSpec = checkSpec;
        this.checkStatus = checkStatus;
        this.mark = mark;
    }

    @Override
    public R deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        JsonNode object = context.readTree(parser);
        R resource = empty.get();
        if (object.path("apiVersion").isTextual()) {
            resource.setApiVersion(object.path("apiVersion").textValue());
        }
        if (object.path("kind").isTextual()) {
            resource.setKind(object.path("kind").textValue());
        }
        // The API server parses the metadata of every object, so this cannot fail.
        if (object.path("metadata") instanceof ObjectNode metadata) {
            resource.setMetadata(context.readTreeAsValue(kept(metadata), ObjectMeta.class));
        }
        try {
            // An unreadable object has no spec, so that a copy through its JSON is unreadable too.
            S spec = require("it has no spec", read("spec", object, specType, checkSpec, context));
            T status = read("status", object, statusType, checkStatus, context);
            require(
                    "metadata.finalizers has more than " + MAX_FINALIZERS + " entries",
                    finalizers(resource) <= MAX_FINALIZERS ? spec : null);
            resource.setSpec(spec);
            resource.setStatus(status);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            if (finalizers(resource) > MAX_FINALIZERS) {
                resource.getMetadata().setFinalizers(new ArrayList<>());
            }
            mark.accept(resource, Unreadable.of(Objects.requireNonNullElse(e.getMessage(), "no reason given"), object));
        }
        return resource;
    }

    private static <V> V require(String otherwise, @Nullable V value) {
        if (value == null) {
            throw new IllegalArgumentException(otherwise);
        }
        return value;
    }

    private static int finalizers(CustomResource<?, ?> resource) {
        var finalizers = resource.getMetadata().getFinalizers();
        return finalizers == null ? 0 : finalizers.size();
    }

    private static <V> @Nullable V read(
            String field, JsonNode object, Class<V> type, Consumer<V> check, DeserializationContext context)
            throws IOException {
        JsonNode node = object.path(field);
        if (node.isMissingNode() || node.isNull()) {
            return null;
        }
        V value;
        try {
            value = context.readTreeAsValue(node, type);
        } catch (JsonMappingException e) {
            String path = e.getPath().stream()
                    .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                    .collect(Collectors.joining());
            throw new IllegalArgumentException(field + path + ": " + e.getOriginalMessage(), e);
        }
        check.accept(value);
        return value;
    }

    private static ObjectNode kept(ObjectNode metadata) {
        ObjectNode kept = metadata.deepCopy();
        kept.remove("managedFields");
        kept.remove("labels");
        kept.remove("ownerReferences");
        if (kept.path("annotations") instanceof ObjectNode annotations) {
            int ours = 0;
            for (Iterator<Map.Entry<String, JsonNode>> each = annotations.fields(); each.hasNext(); ) {
                Map.Entry<String, JsonNode> annotation = each.next();
                boolean keep = annotation.getKey().startsWith(OUR_ANNOTATIONS)
                        && annotation.getValue().asText().length() <= MAX_ANNOTATION
                        && ours < MAX_ANNOTATIONS;
                if (keep) {
                    ours++;
                } else {
                    each.remove();
                }
            }
        }
        return kept;
    }
}
