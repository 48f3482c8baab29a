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
 * Reads a stored object of one of the kinds. One that this version cannot read is an object with its metadata and an {@link Unreadable}, and no
 * failure: the Kubernetes client reads lists of objects, and would read none of them.
 *
 * <p>Of the metadata only what the operator uses is kept, because it is in memory for as long as the object exists and anybody with {@code edit}
 * writes it: neither managedFields, labels and ownerReferences, nor annotations but the operator's own. That is safe because the operator
 * only ever applies or patches single fields; it has no right to {@code update} an object as a whole.
 *
 * @param <S> the spec
 * @param <T> the status
 * @param <R> the kind
 */
abstract class StoredResourceReader<S, T, R extends CustomResource<S, T>> extends JsonDeserializer<R> {

    /** The prefix of the annotations that are kept. */
    static final String OUR_ANNOTATIONS = "cmek.io/";

    /** Annotations of this operator are switches: more of them, or longer ones, are not its own. */
    static final int MAX_ANNOTATIONS = 16;

    static final int MAX_ANNOTATION = 256;

    /** A finalizer is removed by its place in the list, so the list is kept as it is or not at all. */
    static final int MAX_FINALIZERS = 64;

    private final Supplier<R> empty;
    private final Class<S> specType;
    private final Class<T> statusType;
    private final Consumer<S> checkSpec;
    private final Consumer<T> checkStatus;
    private final BiConsumer<R, Unreadable> mark;

    /**
     * @param checkSpec throws {@link IllegalArgumentException} where something is missing that the operator relies on
     * @param checkStatus the same
     * @param mark notes that the object cannot be read
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
        // The API server reads the metadata of every object itself, so these can be read.
        if (object.path("metadata") instanceof ObjectNode metadata) {
            resource.setMetadata(context.readTreeAsValue(kept(metadata), ObjectMeta.class));
        }
        try {
            // Unreadable means without a spec, so that a copy of the object by way of its JSON is unreadable, too.
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
