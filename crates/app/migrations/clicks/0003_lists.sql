-- Serve links::clicks: by class and community from the index itself; of one promoter; of one product.
DROP INDEX click_program;
CREATE INDEX click_program ON click (program_id, at_us, id, class, community);
CREATE INDEX click_promoter ON click (bucket, promoter_id, at_us, id);
CREATE INDEX click_product ON click (program_id, product_number, at_us, id);
